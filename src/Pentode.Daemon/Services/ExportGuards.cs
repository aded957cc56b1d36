using Pentode.Blocks;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Locks;
using Pentode.Locks.Guards;
using Pentode.Locks.Manager;

namespace Pentode.Daemon.Services;

/// <summary>The guards of exports that have a <c>lock:</c>. Made before the exports are opened, started when the front ends are there.</summary>
internal sealed class ExportGuards(IReadOnlyList<IFrontEnd> frontEnds, ILog log) : IAsyncDisposable
{
    private readonly List<(ExportGuard Guard, string Service, string Name)> _guards = [];
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

    /// <summary>Begins to compete for the locks.</summary>
    public StartFailure? Start(LocksService? locks, IReadOnlyList<Volume> volumes, IReadOnlyList<BlockExport> blocks)
    {
        if (_guards.Count == 0)
            return null;
        if (locks?.Manager is not { } manager)
            return new StartFailure(ExitCode.Configuration, $"{_guards[0].Service} export '{_guards[0].Name}' has a 'lock', but the locks service does not run");
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
