using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Daemon.Services;

/// <summary>A listening socket: accepts on one loop and hands the connections to all loops in turn.</summary>
internal sealed class Listener : IAcceptSink
{
    private readonly int _socket;
    private readonly IoLoop _home;
    private readonly IReadOnlyList<IoLoop> _loops;
    private readonly IFrontEnd _frontEnd;
    private readonly ILog _log;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _next;
    private bool _isStopping;

    public Listener(int socket, ListenAddress address, IFrontEnd frontEnd, IReadOnlyList<IoLoop> loops, int home, ILog log)
    {
        _socket = socket;
        Address = address;
        _frontEnd = frontEnd;
        _loops = loops;
        _home = loops[home];
        _next = home;
        _log = log;
    }

    /// <summary>Where it listens, with the real port.</summary>
    public ListenAddress Address { get; }

    /// <summary>Protocol spoken.</summary>
    public string Protocol => _frontEnd.Protocol;

    /// <summary>Begins to accept.</summary>
    public void Start() => _home.Post(static state => ((Listener)state!).StartOnLoop(), this);

    /// <summary>Stops accepting and closes the socket.</summary>
    public async Task StopAsync()
    {
        _home.Post(static state => ((Listener)state!).StopOnLoop(), this);
        await _ended.Task.WaitAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Address.UnixPath is { } path)
        {
            try
            {
                System.IO.File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _log.Write(LogLevel.Warning, $"cannot remove {path}: {e.Message}");
            }
        }
    }

    public void OnAccepted(int socket)
    {
        string peer;
        if (Address.UnixPath is null)
        {
            Sockets.SetNoDelay(socket);
            peer = Sockets.PeerName(socket);
        }
        else
        {
            peer = "unix";
        }

        var loop = _loops[_next];
        _next = _next + 1 == _loops.Count ? 0 : _next + 1;
        if (loop.IsCurrent)
            _frontEnd.Serve(loop, socket, peer);
        else
            loop.Post(static state => ((Handover)state!).Run(), new Handover(_frontEnd, loop, socket, peer));
    }

    public void OnAcceptEnded(int result)
    {
        if (result < 0 && !_isStopping)
            _log.Write(LogLevel.Error, $"{Protocol} {Address}: no longer accepting: {ErrnoText.Describe((Core.Errno)(-result))}");
        _home.Close(_socket);
        _ended.TrySetResult();
    }

    private void StartOnLoop() => _home.Accept(_socket, this);

    private void StopOnLoop()
    {
        _isStopping = true;
        if (!_ended.Task.IsCompleted)
            _home.StopAccepting(_socket);
    }

    private sealed record Handover(IFrontEnd FrontEnd, IoLoop Loop, int Socket, string Peer)
    {
        public void Run() => FrontEnd.Serve(Loop, Socket, Peer);
    }
}
