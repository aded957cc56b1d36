using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Files;
using Pentode.Fuse;
using Pentode.Linux;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;
using Pentode.Locks.Tree;

namespace Pentode.Daemon.Services;

/// <summary>
/// The locks service: a store, a node of the cluster (and one more for each mount that acts as another), the lock tree for the front ends and
/// where it is mounted.
/// </summary>
internal sealed class LocksService(LocksConfiguration configuration) : IDaemonService
{
    private const int Terminate = 15;
    private const string WatchdogDevice = "/dev/watchdog";
    private const string ResetTrigger = "/proc/sysrq-trigger";

    private readonly List<LockManager> _managers = [];
    private readonly List<FuseMount> _mounts = [];
    private readonly List<Volume> _volumes = [];
    private readonly List<Volume> _mounted = [];
    private ILockStore? _store;
    private readonly List<StateDirectory> _directories = [];
    private ProcessLossActions? _actions;
    private LocksCommands? _commands;
    private bool _isStopping;

    /// <summary>This daemon's node of the cluster; null before the start and after the stop.</summary>
    public LockManager? Manager => _managers.FirstOrDefault();

    /// <inheritdoc/>
    public IReadOnlyList<Volume> Volumes => _volumes;

    /// <inheritdoc/>
    public IReadOnlyList<ServedExport> Exports =>
    [
        .. _volumes.Concat(_mounted).Select((v, i) => new ServedExport(
            "locks", i < _volumes.Count ? v.Name : _mounts[i - _volumes.Count].Path, KindOf(), ReadOnly: false, 0, () => v.Operations, () => v.BytesRead, () => v.BytesWritten, () => v.Errors)),
    ];

    /// <inheritdoc/>
    public async Task<StartFailure?> StartAsync(ServiceContext context)
    {
        var failure = await TryStartAsync(context).ConfigureAwait(false);
        if (failure is null || !configuration.IsOptional)
            return failure;
        context.Log.Write(LogLevel.Warning, $"without locks: {failure.Message}");
        await StopAsync().ConfigureAwait(false);
        return null;
    }

    /// <inheritdoc/>
    public async Task StopAsync()
    {
        _isStopping = true;
        await Task.WhenAll(_mounts.Select(static m => m.UnmountAsync())).ConfigureAwait(false);
        _mounts.Clear();
        _mounted.Clear();
        _volumes.Clear();
        foreach (var manager in _managers)
            await manager.DisposeAsync().ConfigureAwait(false);
        _managers.Clear();
        _commands = null;
        if (_store is not null)
            await _store.DisposeAsync().ConfigureAwait(false);
        _store = null;
        foreach (var directory in _directories)
            directory.Dispose();
        _directories.Clear();
        _actions?.Dispose();
        _actions = null;
    }

    /// <summary>How a domain is to behave.</summary>
    public LockDomainOptions? OptionsOf(LockName domain) => configuration.OptionsOf(domain);

    /// <summary>Does what the control socket asks; null when the locks could not be started.</summary>
    public Task<string>? Answer(LocksRequest request) => _commands?.AnswerAsync(request);

    private async Task<StartFailure?> TryStartAsync(ServiceContext context)
    {
        var timing = configuration.Timing;
        _actions = new ProcessLossActions(new LossOptions(WatchdogDevice, (timing.DeadMs - timing.HoldMs) / 1000, ResetTrigger, configuration.KillsStalled), context.Log);
        var (store, problem) = await LocksStores.OpenAsync(configuration, context.Log).ConfigureAwait(false);
        if (store is null)
            return new StartFailure(ExitCode.CannotOpenExport, $"cannot open the store of locks: {problem}");
        _store = store;
        if (await StartNodeAsync(configuration.Node, context).ConfigureAwait(false) is { } failed)
            return failed;
        _commands = new LocksCommands(_managers[0]);
        if (configuration.Export.Length > 0)
            _volumes.Add(MakeVolume(configuration.Export, _managers[0], mountPoint: null));
        foreach (var mount in configuration.Mounts)
        {
            if (await MountAsync(mount, context).ConfigureAwait(false) is { } cannot)
                return cannot;
        }

        if (configuration.EndsWithMounts && _mounts.Count > 0)
            _ = EndWithMountsAsync();
        return null;
    }

    private async Task<StartFailure?> StartNodeAsync(string node, ServiceContext context)
    {
        StateDirectory directory;
        try
        {
            directory = StateDirectory.Open(Path.Combine(configuration.Directory, "nodes", Uri.EscapeDataString(node)));
        }
        catch (IOException e)
        {
            return new StartFailure(ExitCode.CannotOpenExport, $"cannot start node {node} of the locks: {e.Message}");
        }

        _directories.Add(directory);
        var options = new LockManagerOptions(
            configuration.Cluster, node, configuration.Timing, (int)configuration.KillGrace.TotalMilliseconds, Address: configuration.Address, BootId: directory.Identity);
        var manager = new LockManager(_store!, options, BootClock.Instance, context.Log, _managers.Count == 0 ? context.Metrics : new MetricsRegistry(), _actions!);
        _managers.Add(manager);
        var error = await manager.StartAsync().ConfigureAwait(false);
        switch (error)
        {
            case Errno.EINVAL:
                return new StartFailure(ExitCode.Configuration, $"node {node} cannot join the cluster '{configuration.Cluster}': its members use other times (heartbeat, hold, dead)");
            case Errno.EEXIST:
                return new StartFailure(ExitCode.Failure, $"node {node} cannot join the cluster '{configuration.Cluster}': a node of that name is alive; give this one another 'node'");
            case Errno.EACCES:
                return new StartFailure(ExitCode.CannotOpenExport, $"{_store!.Description} refuses node {node}: {manager.Problem ?? ErrnoText.Describe(error)}");
            case not Errno.None:
                context.Log.Write(LogLevel.Warning, $"locks: no session yet, going on trying: {manager.Problem ?? ErrnoText.Describe(error)}");
                break;
        }

        return null;
    }

    private async Task<StartFailure?> MountAsync(LocksMountConfiguration wanted, ServiceContext context)
    {
        var manager = _managers[0];
        if (wanted.Node is { } node && _managers.Find(m => m.Options.Node == node) is var known)
        {
            if (known is null && await StartNodeAsync(node, context).ConfigureAwait(false) is { } failed)
                return failed;
            manager = known ?? _managers[^1];
        }

        var volume = MakeVolume(wanted.Path, manager, Path.TrimEndingDirectorySeparator(Path.GetFullPath(wanted.Path)));
        var loop = context.Loops[_mounts.Count % context.Loops.Count];
        var options = LocksMounting.Options(manager.Options.Node, wanted.AllowOther) with { Log = context.Log };
        var (mount, problem) = await Task.Run(() => FuseMount.Create(wanted.Path, volume, loop, options)).ConfigureAwait(false);
        if (mount is null)
            return new StartFailure(ExitCode.CannotOpenExport, problem!);
        _mounts.Add(mount);
        _mounted.Add(volume);
        context.Log.Write(LogLevel.Info, $"locks of node {manager.Options.Node} are mounted on {mount.Path}");
        return null;
    }

    private Volume MakeVolume(string name, LockManager manager, string? mountPoint)
    {
        var self = LocksMounting.Self();
        return new Volume(name, new LockTree(manager, new LockTreeOptions
        {
            IsCompatible = configuration.IsCompatible,
            Uid = self.Uid,
            Gid = self.Gid,
            WaitTimeoutMs = configuration.WaitTimeout is { } wait ? (long)wait.TotalMilliseconds : -1,
            MountPoint = mountPoint,
            DomainOptions = configuration.OptionsOf,
            Listing = () => LocksCommands.DescribeAsync(manager),
        }));
    }

    private string KindOf() => configuration.Etcd is not null ? "etcd" : configuration.Postgres is not null ? "postgres" : "embedded";

    private async Task EndWithMountsAsync()
    {
        await Task.WhenAll(_mounts.Select(static m => m.Ended).ToArray()).ConfigureAwait(false);
        if (!_isStopping)
            _ = ProcessSignals.Send(Environment.ProcessId, Terminate);
    }
}
