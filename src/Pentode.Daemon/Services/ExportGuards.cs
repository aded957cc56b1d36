using Pentode.Blocks;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Locks;
using Pentode.Locks.Guards;
using Pentode.Locks.Manager;

namespace Pentode.Daemon.Services;

/// <summary>What ties exports to cluster locks: guards of those with a <c>lock:</c>, locks of files of those with <c>cluster_locks:</c>. Made before the exports are opened, started when the front ends are there.</summary>
internal sealed class ExportGuards(IReadOnlyList<IFrontEnd> frontEnds, ILog log) : IAsyncDisposable
{
    private readonly List<(ExportGuard Guard, string Service, string Name)> _guards = [];
    private readonly List<(SharedFileLocks Locks, string Name)> _fileLocks = [];
    private IReadOnlyList<Volume> _volumes = [];
    private IReadOnlyList<BlockExport> _blocks = [];

    /// <summary>A guard for an export; null when it has no lock. The lock's name was checked with the configuration.</summary>
    public IWriteGuard? For(string service, string name, string? path)
    {
        if (path is null || !LockName.TryParsePath(path, out var domain, out var lockName))
            return null;
        var what = $"{service} export '{name}'";
        var guard = new ExportGuard(domain, lockName, what, cancellation => EndSessionsAsync(service, name, cancellation), log);
        _guards.Add((guard, service, name));
        return guard;
    }

    /// <summary>The locks of a tree's files; null when they are its own. The name was checked with the configuration.</summary>
    public ISharedLocks? LocksFor(string name, string? path)
    {
        if (path is null || !LockName.TryParsePath(path, out var domain, out var prefix))
            return null;
        var locks = new SharedFileLocks(domain, prefix, $"files export '{name}'", log);
        _fileLocks.Add((locks, name));
        return locks;
    }

    /// <summary>Begins to compete for the locks.</summary>
    public StartFailure? Start(LocksService? locks, IReadOnlyList<Volume> volumes, IReadOnlyList<BlockExport> blocks)
    {
        if (_guards.Count == 0 && _fileLocks.Count == 0)
            return null;
        if (locks?.Manager is not { } manager)
        {
            var (what, key) = _guards.Count > 0 ? ($"{_guards[0].Service} export '{_guards[0].Name}'", "lock") : ($"files export '{_fileLocks[0].Name}'", "cluster_locks");
            return new StartFailure(ExitCode.Configuration, $"{what} has '{key}', but the locks service does not run");
        }

        foreach (var (fileLocks, name) in _fileLocks)
        {
            var options = locks.OptionsOf(fileLocks.Domain);
            if (options?.ExcludeLocally == true)
                return new StartFailure(ExitCode.Configuration, $"files export '{name}': 'cluster_locks' needs a domain without 'local_exclusion', unlike '{fileLocks.Domain}'");
            fileLocks.Start(manager, options);
        }

        _volumes = volumes;
        _blocks = blocks;
        foreach (var (guard, _, _) in _guards)
            guard.Start(manager, locks.OptionsOf(guard.Domain));
        return null;
    }

    /// <summary>Gives the locks back; no request is under way any more.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var (guard, _, _) in _guards)
            await guard.DisposeAsync().ConfigureAwait(false);
        _guards.Clear();
    }

    private async Task EndSessionsAsync(string service, string name, CancellationToken cancellation)
    {
        foreach (var frontEnd in frontEnds)
        {
            if (service == "blocks" && _blocks.FirstOrDefault(b => b.Name == name) is { } block)
                await frontEnd.EndSessionsAsync(block, cancellation).ConfigureAwait(false);
            else if (service == "files" && _volumes.FirstOrDefault(v => v.Name == name) is { } volume)
                await frontEnd.EndSessionsAsync(volume, cancellation).ConfigureAwait(false);
        }
    }
}
