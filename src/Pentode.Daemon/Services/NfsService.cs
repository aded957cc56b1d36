using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Files;
using Pentode.Files.Exports;
using Pentode.Linux;
using Pentode.Nfs.Server;

namespace Pentode.Daemon.Services;

/// <summary>NFS over the trees of the files service and of the services that grant trees host by host.</summary>
internal sealed class NfsService(NfsConfiguration configuration) : IDaemonService
{
    private readonly List<Listener> _listeners = [];
    private readonly List<(string Protocol, ListenAddress Address)> _addresses = [];
    private readonly List<ServedExport> _exports = [];
    private NfsServer? _server;
    private RpcbindRegistration? _registration;
    private TimeSpan _drainTimeout;

    /// <inheritdoc/>
    public IReadOnlyList<ServedExport> Exports => _exports;

    /// <inheritdoc/>
    public IReadOnlyList<(string Protocol, ListenAddress Address)> Listeners => _addresses;

    /// <inheritdoc/>
    public IReadOnlyList<SessionInfo> Sessions => _server?.Sessions ?? [];

    /// <inheritdoc/>
    public async Task<StartFailure?> StartAsync(ServiceContext context)
    {
        _drainTimeout = context.Configuration.Limits.DrainTimeout;
        if (NfsState.Open(configuration.State ?? NfsConfiguration.DefaultState, out var problem) is not { } state)
            return new StartFailure(ExitCode.Failure, $"cannot serve NFS: {problem}");
        var grants = new List<NfsGrant>();
        if (Grant(context, state, grants) is { } failure)
            return failure;
        state.Save();
        var sockets = new List<(int Socket, ListenAddress Address, string Protocol, bool IsDatagram)>();
        if (Bind(sockets) is { } refused)
        {
            foreach (var (socket, _, _, _) in sockets)
                _ = FileCalls.Close(socket);
            return refused;
        }

        var port = sockets.First(s => s.Protocol == "nfs").Address.Port;
        _server = new NfsServer([new NfsHostExports(grants), .. context.HostExports], new NfsServerOptions
        {
            HandleKey = state.Key,
            MaxConnections = context.Configuration.Limits.Connections,
            MaxTransfer = configuration.MaxTransfer,
            AllowNoCredentials = configuration.AllowNoCredentials,
            Port = port,
            PortmapPort = sockets.FirstOrDefault(s => s.Protocol == "portmap") is { Address: { } portmap } ? portmap.Port : port,
            Udp = configuration.Udp,
            Log = context.Log,
            Metrics = context.Metrics,
            Trace = context.Configuration.Log.Trace.Contains("nfs"),
        });
        Serve(context, sockets);
        Warn(context.Log, grants);
        if (configuration.Register)
            _registration = await RpcbindRegistration.StartAsync(port, configuration.Udp, context.Log).ConfigureAwait(false);
        return null;
    }

    /// <inheritdoc/>
    public async Task StopAsync()
    {
        if (_registration is not null)
            await _registration.StopAsync().ConfigureAwait(false);
        await Task.WhenAll(_listeners.Select(l => l.StopAsync())).ConfigureAwait(false);
        if (_server is not null)
            await _server.DrainAsync(_drainTimeout).ConfigureAwait(false);
    }

    private StartFailure? Grant(ServiceContext context, NfsState state, List<NfsGrant> grants)
    {
        foreach (var line in configuration.Exports ?? [new NfsExportConfiguration()])
        {
            var trees = context.Volumes.Where(v => line.Export.Length == 0 ? !context.HostGranted.Contains(v) : v.Name == line.Export).ToList();
            if (trees.Count == 0 && line.Export.Length > 0)
                return new StartFailure(ExitCode.Configuration, $"cannot serve NFS: there is no export named '{line.Export}'{NearestName.Hint(line.Export, context.Volumes.Select(v => v.Name))}");
            foreach (var tree in trees)
            {
                var path = line.Path ?? (tree.Name.StartsWith('/') ? tree.Name : "/" + tree.Name);
                if (tree.ClientChecks)
                    return new StartFailure(ExitCode.Configuration, $"cannot serve '{tree.Name}' over NFS: with 'checks: client' every user could do anything; export the directory a second time under another name");
                var probe = tree.Attach();
                var handle = probe.IsOk ? probe.Value.Handle : probe.Error;
                probe.ValueOrDefault?.Release();
                // Nobody asked for this one by name: a tree of another service that NFS clients cannot hold on to, such as locks.
                if (handle.Error == Errno.EOPNOTSUPP && line.Export.Length == 0 && !IsFilesExport(context, tree.Name))
                    continue;
                if (!handle.IsOk)
                    return new StartFailure(ExitCode.CannotOpenExport, $"cannot serve '{tree.Name}' over NFS: {Reason(handle.Error)}");
                var view = tree.View(o => o with
                {
                    ReadOnly = o.ReadOnly || line.ReadOnly,
                    SquashRoot = o.SquashRoot || line.Squash == SquashKind.Root,
                    SquashTo = line.Squash == SquashKind.All ? Credentials.Nobody : o.SquashTo,
                });
                grants.Add(new NfsGrant(new TreeGrant(path, state.NumberOf(path), view, line.PrivilegedPort), line.Hosts));
                _exports.Add(new ServedExport("nfs", path, "tree", view.IsReadOnly, 0, () => view.Operations, () => view.BytesRead, () => view.BytesWritten, () => view.Errors));
            }
        }

        return null;
    }

    private static bool IsFilesExport(ServiceContext context, string name) => context.Configuration.Files?.Exports.Any(e => e.Name == name) == true;

    private static string Reason(Errno error) => error == Errno.EOPNOTSUPP
        ? "its file system has neither file handles nor times of birth, so that clients could not find a file again"
        : ErrnoText.Describe(error);

    private StartFailure? Bind(List<(int Socket, ListenAddress Address, string Protocol, bool IsDatagram)> sockets)
    {
        var wanted = configuration.Listen.Select(l => ("nfs", l.Address)).ToList();
        if (configuration.Portmap is { } portmap)
            wanted.Add(("portmap", portmap));
        foreach (var (protocol, address) in wanted)
        {
            var socket = Sockets.ListenTcp(address.Host, address.Port);
            if (!socket.IsOk)
                return new StartFailure(ExitCode.CannotListen, $"cannot listen on {protocol} {address}: {PentodeDaemon.WhyNot(address, socket.Error)}");
            var real = ListenAddress.Tcp(address.Host, Sockets.LocalPort(socket.Value));
            sockets.Add((socket.Value, real, protocol, false));
            if (!configuration.Udp && protocol != "portmap")
                continue;
            var datagrams = DatagramCalls.Bind(real.Host, real.Port);
            if (!datagrams.IsOk)
                return new StartFailure(ExitCode.CannotListen, $"cannot listen on {protocol} {address} for UDP: {PentodeDaemon.WhyNot(address, datagrams.Error)}");
            sockets.Add((datagrams.Value, real, protocol, true));
        }

        return null;
    }

    private void Serve(ServiceContext context, List<(int Socket, ListenAddress Address, string Protocol, bool IsDatagram)> sockets)
    {
        var server = _server!;
        var next = 0;
        foreach (var (socket, address, protocol, isDatagram) in sockets)
        {
            var home = next++ % context.Loops.Count;
            var loop = context.Loops[home];
            if (isDatagram)
            {
                loop.Post(_ => server.ServeDatagrams(loop, socket));
                continue;
            }

            var listener = new Listener(socket, new ListenerConfiguration(address), new NfsFrontEnd(server, protocol), context.Loops, home, context.Log);
            _listeners.Add(listener);
            _addresses.Add((protocol, address));
            listener.Start();
        }
    }

    // Addresses and user numbers are all NFS has to tell friend from foe.
    private void Warn(ILog log, List<NfsGrant> grants)
    {
        if (configuration.Listen.All(l => l.Address.Host is "localhost" or "::1" || l.Address.Host.StartsWith("127.", StringComparison.Ordinal)))
            return;
        foreach (var path in grants.Where(g => g.Hosts.Contains(HostRule.Everybody)).Select(g => g.Tree.Path).Distinct(StringComparer.Ordinal))
            log.Write(LogLevel.Warning, $"nfs: every host that reaches this one may mount {path} and say who its users are: list 'hosts' for it");
    }
}
