using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Daemon.Services;

/// <summary>A listening socket: accepts on one loop and hands the connections to all loops in turn. Owns the socket from the start.</summary>
internal sealed class Listener : IAcceptSink
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly int _socket;
    private readonly IoLoop _home;
    private readonly IReadOnlyList<IoLoop> _loops;
    private readonly ListenerConfiguration _configuration;
    private readonly IFrontEnd _frontEnd;
    private readonly ILog _log;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _next;
    private bool _isStarted;
    private bool _isStopping;

    public Listener(int socket, ListenerConfiguration configuration, IFrontEnd frontEnd, IReadOnlyList<IoLoop> loops, int home, ILog log)
    {
        _socket = socket;
        _configuration = configuration;
        _frontEnd = frontEnd;
        _loops = loops;
        _home = loops[home];
        _next = home;
        _log = log;
    }

    /// <summary>Where it listens, with the real port.</summary>
    public ListenAddress Address => _configuration.Address;

    /// <summary>Protocol spoken.</summary>
    public string Protocol => _frontEnd.Protocol;

    /// <summary>Begins to accept.</summary>
    public void Start()
    {
        _isStarted = true;
        _home.Post(static state => ((Listener)state!).StartOnLoop(), this);
    }

    /// <summary>Stops accepting and closes the socket. Afterwards every connection ever accepted has been handed to its front end.</summary>
    public async Task StopAsync()
    {
        if (_isStarted)
        {
            _home.Post(static state => ((Listener)state!).StopOnLoop(), this);
            await WaitAsync(_ended.Task).ConfigureAwait(false);

            // A connection may still be on its way to another loop: posts run in order, so a post to each is a barrier.
            await WaitAsync(Task.WhenAll(_loops.Select(PassAsync))).ConfigureAwait(false);
        }
        else
        {
            FileCalls.Close(_socket);
        }

        if (Address.UnixPath is { } path && !path.StartsWith('@') && FileCalls.Unlink(path) is < 0 and var error && error != -(int)Errno.ENOENT)
            _log.Write(LogLevel.Warning, $"cannot remove {path}: {ErrnoText.Describe((Errno)(-error))}");
    }

    public void OnAccepted(int socket)
    {
        if (Address.UnixPath is null)
            Sockets.SetNoDelay(socket);
        var peer = Sockets.PeerName(socket);
        var loop = _loops[_next];
        _next = _next + 1 == _loops.Count ? 0 : _next + 1;
        if (loop.IsCurrent)
            _frontEnd.Serve(loop, socket, peer, _configuration);
        else
            loop.Post(static state => ((Handover)state!).Run(), new Handover(this, loop, socket, peer));
    }

    public void OnAcceptEnded(int result)
    {
        if (result < 0 && !_isStopping)
            _log.Write(LogLevel.Error, $"{Protocol} {Address}: no longer accepting: {ErrnoText.Describe((Errno)(-result))}");
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

    private static Task PassAsync(IoLoop loop)
    {
        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(static state => ((TaskCompletionSource)state!).TrySetResult(), passed);
        return passed.Task;
    }

    private async Task WaitAsync(Task task)
    {
        await task.WaitAsync(s_patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!task.IsCompletedSuccessfully)
            _log.Write(LogLevel.Warning, $"{Protocol} {Address}: a loop does not answer; stopping without it");
    }

    private sealed record Handover(Listener Listener, IoLoop Loop, int Socket, string Peer)
    {
        public void Run() => Listener._frontEnd.Serve(Loop, Socket, Peer, Listener._configuration);
    }
}
