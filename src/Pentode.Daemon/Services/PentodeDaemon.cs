using Pentode.Blocks;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Admin;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Identity;
using Pentode.Files;
using Pentode.Files.Exports;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Daemon.Services;

/// <summary>
/// One daemon: loops, open exports, front ends, listeners, control socket. <see cref="StartAsync"/> once, <see cref="StopAsync"/> once; several
/// daemons may live in one process.
/// </summary>
public sealed class PentodeDaemon : IStatusSource
{
    private static readonly TimeSpan s_loopPatience = TimeSpan.FromSeconds(10);

    private readonly DaemonConfiguration _configuration;
    private readonly ILog _log;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly DateTimeOffset _startedUtc;
    private readonly MetricsRegistry _metrics = new();
    private readonly List<IoLoop> _loops = [];
    private readonly List<Volume> _volumes = [];
    private readonly List<BlockExport> _blocks = [];
    private readonly List<ServedExport> _exports = [];
    private readonly List<IFrontEnd> _frontEnds = [];
    private readonly List<Listener> _listeners = [];
    private readonly List<IDaemonService> _services = [];
    private readonly ExportGuards _guards;
    private ControlServer? _control;
    private bool _isServing;

    /// <summary>A daemon that is not running yet.</summary>
    public PentodeDaemon(DaemonConfiguration configuration, ILog log, TimeProvider? time = null)
    {
        _configuration = configuration;
        _log = log;
        _time = time ?? TimeProvider.System;
        _startedAt = _time.GetTimestamp();
        _startedUtc = _time.GetUtcNow();
        _guards = new ExportGuards(_frontEnds, log);
    }

    /// <summary>Version of this build.</summary>
    public static string Version { get; } = typeof(PentodeDaemon).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Protocol and address of each listener, with the real ports, once started.</summary>
    public IReadOnlyList<(string Protocol, ListenAddress Address)> Listeners =>
        [.. _listeners.Select(l => (l.Protocol, l.Address)), .. _services.SelectMany(s => s.Listeners)];

    /// <summary>Path of the control socket, or null when there is none.</summary>
    public string? ControlPath => _control?.Path;

    /// <summary>Starts everything, or says why not and leaves nothing running. With <paramref name="stop"/> it waits for nothing any more.</summary>
    public async Task<StartFailure?> StartAsync(CancellationToken stop = default)
    {
        var failure = StartLoops() ?? OpenTrees() ?? OpenBlocks() ?? await StartServices(bringTrees: true, stop).ConfigureAwait(false)
            ?? ListenAll() ?? _guards.Start(_services.OfType<LocksService>().FirstOrDefault(), _volumes, _blocks) ?? await StartServices(bringTrees: false, stop).ConfigureAwait(false) ?? StartControl();
        if (failure is not null)
        {
            await StopAsync().ConfigureAwait(false);
            return failure;
        }

        _isServing = true;
        foreach (var listener in _listeners)
            listener.Start();
        _log.Write(LogLevel.Info, $"pentode {Version} serves {_exports.Count} exports on {_loops.Count} loops of the {_loops[0].Engine} engine");
        return null;
    }

    /// <summary>Stops accepting, lets requests finish within the drain time, closes everything.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(_listeners.Select(l => l.StopAsync())).ConfigureAwait(false);
        // Front ends that are services go first, those that bring trees when nobody uses the trees any more.
        foreach (var service in Enumerable.Reverse(_services).Where(s => s.Volumes.Count == 0))
            await service.StopAsync().ConfigureAwait(false);
        await Task.WhenAll(_frontEnds.Select(f => f.DrainAsync(_configuration.Limits.DrainTimeout))).ConfigureAwait(false);
        await _guards.DisposeAsync().ConfigureAwait(false);
        if (_control is not null)
            await _control.DisposeAsync().ConfigureAwait(false);
        foreach (var volume in _volumes)
            await volume.DisposeAsync().ConfigureAwait(false);
        foreach (var service in Enumerable.Reverse(_services).Where(s => s.Volumes.Count > 0))
            await service.StopAsync().ConfigureAwait(false);
        foreach (var block in _blocks)
            await block.DisposeAsync().ConfigureAwait(false);
        var loops = Task.WhenAll(_loops.Select(l => l.StopAsync()));
        await loops.WaitAsync(s_loopPatience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!loops.IsCompletedSuccessfully)
            _log.Write(LogLevel.Error, "an operation of the kernel does not end; leaving it behind");
        _listeners.Clear();
        if (_isServing)
            _log.Write(LogLevel.Info, "stopped");
    }

    /// <inheritdoc/>
    public StatusReport Status() => new()
    {
        Version = Version,
        Pid = Environment.ProcessId,
        UptimeSeconds = (long)_time.GetElapsedTime(_startedAt).TotalSeconds,
        StartedAt = _startedUtc,
        Engine = _loops.Count > 0 ? _loops[0].Engine : "",
        Loops = [.. _loops.Select(l => new LoopStatus { Name = l.Options.Name, Turns = l.Turns, Completions = l.Completions, Requests = l.Requests, Pending = l.PendingOperations })],
        Listeners = [.. Listeners.Select(l => $"{l.Protocol} {l.Address}")],
        Exports = [.. _exports.Select(ToStatus)],
        Totals = new TotalsStatus
        {
            Operations = _exports.Sum(e => e.Operations()),
            BytesRead = _exports.Sum(e => e.BytesRead()),
            BytesWritten = _exports.Sum(e => e.BytesWritten()),
            Errors = _exports.Sum(e => e.Errors()),
        },
        Connections = [.. _frontEnds.SelectMany(f => f.Sessions).Concat(_services.SelectMany(s => s.Sessions)).OrderBy(s => s.Protocol, StringComparer.Ordinal).ThenBy(s => s.Id)],
        Metrics = _metrics.Snapshot().ToDictionary(StringComparer.Ordinal),
    };

    /// <inheritdoc/>
    public Task<string>? Locks(LocksRequest request) => _services.OfType<LocksService>().Select(s => s.Answer(request)).FirstOrDefault();

    /// <inheritdoc/>
    public Task<NamesAnswer>? Names(NamesRequest request) => _services.OfType<NamesService>().FirstOrDefault()?.Ask(request);

    private static ExportStatus ToStatus(ServedExport export) => new()
    {
        Service = export.Service,
        Name = export.Name,
        Kind = export.Kind,
        ReadOnly = export.ReadOnly,
        Size = export.Size,
        Operations = export.Operations(),
        BytesRead = export.BytesRead(),
        BytesWritten = export.BytesWritten(),
        Errors = export.Errors(),
    };

    private StartFailure? StartLoops()
    {
        var engine = _configuration.Engine;
        var count = engine.Loops > 0 ? engine.Loops : Environment.ProcessorCount;
        for (var i = 0; i < count; i++)
        {
            try
            {
                var loop = LoopFactory.Create(engine.Kind, new LoopOptions
                {
                    Name = $"loop-{i}",
                    Processor = engine.Pin ? i % Environment.ProcessorCount : -1,
                    KeepBufferBytes = _configuration.Limits.BufferMemory,
                    Fault = OnFault,
                });
                _loops.Add(loop);
                loop.Start();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Engines throw what made them fail: a refused io_uring, a limit of locked memory, a missing feature.
                return new StartFailure(ExitCode.Failure, $"cannot start the {engine.Kind} engine: {e.Message}; try --engine portable");
            }
        }

        return null;
    }

    // A bug: the connection it happened on ends itself, the others are served on.
    private void OnFault(Exception error)
    {
        _metrics.Counter("pentode.faults", "Exceptions that reached a loop; each is a bug.").Add();
        _log.Write(LogLevel.Error, $"internal error, please report it: {error}");
    }

    private StartFailure? OpenTrees()
    {
        foreach (var export in _configuration.Files?.Exports ?? [])
        {
            if (export.Path.Length > 0 && !IsReadable(export.Path))
                return CannotOpen(export.Name, export.Path, Errno.EACCES);
            var module = Modules.Trees.First(m => m.Name == export.Kind);
            var backend = module.Open(export);
            if (!backend.IsOk)
                return CannotOpen(export.Name, export.Path, backend.Error);
            var volume = new Volume(export.Name, backend.Value, new VolumeOptions
            {
                ReadOnly = export.ReadOnly,
                AllowDevices = export.AllowDevices,
                Guard = _guards.For("files", export.Name, export.Lock),
                SharedLocks = _guards.LocksFor(export.Name, export.ClusterLocks),
                ClientChecks = export.ClientChecks,
                SquashRoot = export.Squash == SquashKind.Root,
                SquashTo = export.Squash == SquashKind.All ? Credentials.Nobody : null,
            });
            _volumes.Add(volume);
            _exports.Add(new ServedExport("files", export.Name, export.Kind, volume.IsReadOnly, 0, () => volume.Operations, () => volume.BytesRead,
                () => volume.BytesWritten, () => volume.Errors));
        }

        return null;
    }

    // A tree opens by its path alone. Root reads as its clients' users, so only others are told at once.
    private static bool IsReadable(string directory)
    {
        if (Environment.IsPrivilegedProcess)
            return true;
        try
        {
            using var entries = Directory.EnumerateFileSystemEntries(directory).GetEnumerator();
            _ = entries.MoveNext();
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private StartFailure? OpenBlocks()
    {
        foreach (var export in _configuration.Blocks?.Exports ?? [])
        {
            var module = Modules.Blocks.First(m => m.Name == export.Kind);
            var backend = module.Open(export);
            if (!backend.IsOk)
                return CannotOpen(export.Name, export.Path, backend.Error);
            var block = new BlockExport(export.Name, backend.Value, new BlockExportOptions
            {
                ReadOnly = export.ReadOnly, Description = export.Description, Guard = _guards.For("blocks", export.Name, export.Lock),
            });
            _blocks.Add(block);
            _exports.Add(new ServedExport("blocks", export.Name, export.Kind, block.IsReadOnly, block.Info.Size, () => block.Operations,
                () => block.BytesRead, () => block.BytesWritten, () => block.Errors));
        }

        return null;
    }

    private static StartFailure CannotOpen(string name, string path, Errno error) =>
        new(ExitCode.CannotOpenExport, $"cannot open {(path.Length > 0 ? path : "memory")}{(name.Length > 0 && name != path ? $" for export '{name}'" : "")}: {ErrnoText.Describe(error)}");

    private StartFailure? ListenAll()
    {
        var context = new FrontEndContext
        {
            Configuration = _configuration,
            Volumes = _volumes,
            Blocks = _blocks,
            Users = new UserDatabase(),
            Log = _log,
            Metrics = _metrics,
        };
        return (_configuration.Files is { } files ? Listen("9p", files.Listen, context) : null)
            ?? (_configuration.Blocks is { } blocks ? Listen("nbd", blocks.Listen, context) : null);
    }

    private StartFailure? Listen(string protocol, IReadOnlyList<ListenerConfiguration> listeners, FrontEndContext context)
    {
        var frontEnd = Modules.FrontEnds.First(m => m.Name == protocol).Create(context);
        _frontEnds.Add(frontEnd);
        foreach (var listener in listeners)
        {
            var address = listener.Address;
            var socket = address.UnixPath is { } path ? Sockets.ListenUnix(path) : Sockets.ListenTcp(address.Host, address.Port);
            if (!socket.IsOk)
                return new StartFailure(ExitCode.CannotListen, $"cannot listen on {protocol} {address}: {WhyNot(address, socket.Error)}");
            var real = address.UnixPath is null ? ListenAddress.Tcp(address.Host, Sockets.LocalPort(socket.Value)) : address;
            _listeners.Add(new Listener(socket.Value, listener with { Address = real }, frontEnd, _loops, _listeners.Count % _loops.Count, _log));
        }

        return null;
    }

    private async Task<StartFailure?> StartServices(bool bringTrees, CancellationToken stop)
    {
        var context = new ServiceContext
        {
            Configuration = _configuration, Loops = _loops, Volumes = _volumes, HostExports = [.. _services.Select(s => s.HostExports).OfType<ITreeExports>()],
            HostGranted = [.. _services.Where(s => s.HostExports is not null).SelectMany(s => s.Volumes)], Stop = stop, Log = _log, Metrics = _metrics,
        };
        foreach (var module in Modules.Services.Where(m => m.BringsTrees == bringTrees))
        {
            if (module.Create(_configuration) is not { } service)
                continue;
            if (await service.StartAsync(context).ConfigureAwait(false) is { } failure)
            {
                await service.StopAsync().ConfigureAwait(false);
                return failure;
            }

            _services.Add(service);
            _volumes.AddRange(service.Volumes);
            _exports.AddRange(service.Exports);
        }

        return null;
    }

    internal static string WhyNot(ListenAddress address, Errno error) => error switch
    {
        Errno.EINVAL when address.UnixPath is null => $"'{address.Host}' is not an IPv4 or IPv6 address",
        Errno.EACCES when address is { UnixPath: null, Port: > 0 and < 1024 } => $"port {address.Port} is below 1024 and needs root or CAP_NET_BIND_SERVICE (EACCES)",
        Errno.EADDRINUSE when address.UnixPath is not null && (FileCalls.ModeOf(address.UnixPath) & 0xF000) != 0xC000 => "there is a file of that name that is no socket",
        _ => ErrnoText.Describe(error),
    };

    private StartFailure? StartControl()
    {
        if (_configuration.ControlSocket is "")
            return null;
        var path = _configuration.ControlSocket ?? DaemonConfiguration.DefaultControlSocket;
        if (ControlServer.Start(path, this, _log, out _control) is not { } problem)
            return null;
        if (_configuration.ControlSocket is not null)
            return new StartFailure(ExitCode.CannotListen, problem);

        // Nobody asked for the default one: a second daemon of a user serves without it.
        _log.Write(LogLevel.Warning, problem + "; 'pentode status' will not reach this daemon");
        return null;
    }
}
