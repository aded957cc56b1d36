using Pentode.Blocks;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Admin;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Identity;
using Pentode.Files;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Daemon.Services;

/// <summary>
/// One daemon: loops, open exports, front ends, listeners, control socket. <see cref="StartAsync"/> once, <see cref="StopAsync"/> once; several
/// daemons may live in one process.
/// </summary>
public sealed class PentodeDaemon : IStatusSource
{
    private readonly DaemonConfiguration _configuration;
    private readonly ILog _log;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly MetricsRegistry _metrics = new();
    private readonly List<IoLoop> _loops = [];
    private readonly List<Volume> _volumes = [];
    private readonly List<BlockExport> _blocks = [];
    private readonly List<ServedExport> _exports = [];
    private readonly List<IFrontEnd> _frontEnds = [];
    private readonly List<Listener> _listeners = [];
    private ControlServer? _control;

    /// <summary>A daemon that is not running yet.</summary>
    public PentodeDaemon(DaemonConfiguration configuration, ILog log, TimeProvider? time = null)
    {
        _configuration = configuration;
        _log = log;
        _time = time ?? TimeProvider.System;
        _startedAt = _time.GetTimestamp();
    }

    /// <summary>Version of this build.</summary>
    public static string Version { get; } = typeof(PentodeDaemon).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Protocol and address of each listener, with the real ports, once started.</summary>
    public IReadOnlyList<(string Protocol, ListenAddress Address)> Listeners => [.. _listeners.Select(l => (l.Protocol, l.Address))];

    /// <summary>Path of the control socket, or null when there is none.</summary>
    public string? ControlPath => _control?.Path;

    /// <summary>Starts everything, or says why not and leaves nothing running.</summary>
    public async Task<StartFailure?> StartAsync()
    {
        var failure = StartLoops() ?? OpenTrees() ?? OpenBlocks() ?? ListenAll() ?? StartControl();
        if (failure is not null)
        {
            await StopAsync().ConfigureAwait(false);
            return failure;
        }

        foreach (var listener in _listeners)
            listener.Start();
        _log.Write(LogLevel.Info, $"pentode {Version} serves {_exports.Count} exports on {_loops.Count} loops of the {_loops[0].Engine} engine");
        return null;
    }

    /// <summary>Stops accepting, lets requests finish within the drain time, closes everything.</summary>
    public async Task StopAsync()
    {
        foreach (var listener in _listeners)
            await listener.StopAsync().ConfigureAwait(false);
        await Task.WhenAll(_frontEnds.Select(f => f.DrainAsync(_configuration.Limits.DrainTimeout))).ConfigureAwait(false);
        if (_control is not null)
            await _control.DisposeAsync().ConfigureAwait(false);
        foreach (var volume in _volumes)
            await volume.DisposeAsync().ConfigureAwait(false);
        foreach (var block in _blocks)
            await block.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops.Select(l => l.StopAsync())).ConfigureAwait(false);
        _loops.Clear();
        _listeners.Clear();
    }

    /// <inheritdoc/>
    public StatusReport Status() => new()
    {
        Version = Version,
        Pid = Environment.ProcessId,
        UptimeSeconds = (long)_time.GetElapsedTime(_startedAt).TotalSeconds,
        Engine = _loops.Count > 0 ? _loops[0].Engine : "",
        Loops = _loops.Count,
        Listeners = [.. _listeners.Select(l => $"{l.Protocol} {l.Address}")],
        Exports = [.. _exports.Select(ToStatus)],
        Connections = [.. _frontEnds.SelectMany(f => f.Sessions).OrderBy(s => s.Protocol, StringComparer.Ordinal).ThenBy(s => s.Id)],
        Metrics = _metrics.Snapshot().ToDictionary(StringComparer.Ordinal),
    };

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
                });
                loop.Start();
                _loops.Add(loop);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Engines throw what made them fail: a refused io_uring, a limit of locked memory, a missing feature.
                return new StartFailure(ExitCode.Failure, $"cannot start the {engine.Kind} engine: {e.Message}; try --engine portable");
            }
        }

        return null;
    }

    private StartFailure? OpenTrees()
    {
        foreach (var export in _configuration.Files?.Exports ?? [])
        {
            var module = Modules.Trees.First(m => m.Name == export.Kind);
            var backend = module.Open(export);
            if (!backend.IsOk)
                return CannotOpen(export.Name, export.Path, backend.Error);
            var volume = new Volume(export.Name, backend.Value, new VolumeOptions { ReadOnly = export.ReadOnly });
            _volumes.Add(volume);
            _exports.Add(new ServedExport("files", export.Name, export.Kind, volume.IsReadOnly, 0, () => volume.Operations, () => volume.BytesRead,
                () => volume.BytesWritten, () => volume.Errors));
        }

        return null;
    }

    private StartFailure? OpenBlocks()
    {
        foreach (var export in _configuration.Blocks?.Exports ?? [])
        {
            var module = Modules.Blocks.First(m => m.Name == export.Kind);
            var backend = module.Open(export);
            if (!backend.IsOk)
                return CannotOpen(export.Name, export.Path, backend.Error);
            var block = new BlockExport(export.Name, backend.Value, new BlockExportOptions { ReadOnly = export.ReadOnly, Description = export.Description });
            _blocks.Add(block);
            _exports.Add(new ServedExport("blocks", export.Name, export.Kind, block.IsReadOnly, block.Info.Size, () => block.Operations,
                () => block.BytesRead, () => block.BytesWritten, () => block.Errors));
        }

        return null;
    }

    private static StartFailure CannotOpen(string name, string path, Errno error) =>
        new(ExitCode.CannotOpenExport, $"cannot open {(path.Length > 0 ? path : "memory")} for export '{name}': {ErrnoText.Describe(error)}");

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

    private StartFailure? Listen(string protocol, IReadOnlyList<ListenAddress> addresses, FrontEndContext context)
    {
        var frontEnd = Modules.FrontEnds.First(m => m.Name == protocol).Create(context);
        _frontEnds.Add(frontEnd);
        foreach (var address in addresses)
        {
            var socket = address.UnixPath is { } path ? Sockets.ListenUnix(path) : Sockets.ListenTcp(address.Host, address.Port);
            if (!socket.IsOk)
                return new StartFailure(ExitCode.CannotListen, $"cannot listen on {protocol} {address}: {ErrnoText.Describe(socket.Error)}");
            var real = address.UnixPath is null ? ListenAddress.Tcp(address.Host, Sockets.LocalPort(socket.Value)) : address;
            _listeners.Add(new Listener(socket.Value, real, frontEnd, _loops, _listeners.Count % _loops.Count, _log));
        }

        return null;
    }

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
