using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.NineP.Wire;
using Pentode.Uring;
using Pentode.Uring.Streams;

namespace Pentode.NineP.Client;

/// <summary>
/// A 9P2000.L connection from the client's side. Lives on one loop: every member is called, and every result awaited once, on its thread.
/// Requests of one turn go out with one send; any number may be under way and they finish in any order. Memory given to a request must be
/// pinned (a <see cref="Core.Buffers.NativeBuffer"/> or a pinned array) and belongs to the client until the result is there. A lost connection or an
/// answer that breaks the protocol ends everything under way with <see cref="Error"/>; nothing reconnects. Fids are numbers handed out by
/// the methods that make them.
/// </summary>
public sealed partial class NinePClient : ITurnEnd, IStreamOwner
{
    private const int ReceiveSize = 256 << 10;

    private readonly NinePClientOptions _options;
    private readonly int _socket;
    private readonly string _peer;
    private readonly ReceiveDone _receiveDone;
    private readonly StreamOutput _output;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _msize = P9Limits.HandshakeFrame;
    private bool _isTurnEndQueued;
    private bool _isClosed;

    private NinePClient(IoLoop loop, int socket, string peer, NinePClientOptions options)
    {
        Loop = loop;
        _socket = socket;
        _peer = peer;
        _options = options;
        _receive = loop.Buffers.Rent(ReceiveSize);
        _receiveDone = new ReceiveDone(this);
        _output = new StreamOutput(loop, socket, this);
    }

    /// <summary>The loop it lives on.</summary>
    public IoLoop Loop { get; }

    /// <summary>Largest frame, as negotiated, in bytes.</summary>
    public int Msize => _msize;

    /// <summary>Most bytes of one Tread or Twrite that msize allows.</summary>
    public int MaxPayload => _msize - P9Limits.IoHeaderSize;

    /// <summary>Why the connection ended; <see cref="Errno.None"/> while it works.</summary>
    public Errno Error { get; private set; }

    /// <summary>The same in words; empty while it works.</summary>
    public string ErrorText { get; private set; } = "";

    /// <summary>Requests under way.</summary>
    public int RequestsUnderWay => _active;

    /// <summary>Fids the server holds for this connection, as far as known here.</summary>
    public int FidsInUse { get; private set; }

    /// <summary>Starts a session on a connected socket, which it owns from now on. Fails with what made the handshake fail.</summary>
    public static async Task<Result<NinePClient>> StartAsync(IoLoop loop, int socket, string peer, NinePClientOptions options)
    {
        var client = new NinePClient(loop, socket, peer, options);
        var timer = new Deadline(client);
        loop.Delay(options.ConnectTimeoutMs, timer);
        client.StartReceive();
        var error = await client.Version().ConfigureAwait(false);
        timer.Stop(loop);
        if (error == Errno.None)
            return client;
        client.Fail(error, error == Errno.EPROTONOSUPPORT ? "the server does not speak 9P2000.L" : $"the server answered Tversion with {error}");
        await client._closed.Task.ConfigureAwait(true);
        return client.Error;
    }

    /// <summary>Ends the connection; what is under way ends with ECANCELED.</summary>
    public Task CloseAsync()
    {
        Fail(Errno.ECANCELED, "closed");
        return _closed.Task;
    }

    /// <inheritdoc/>
    void ITurnEnd.OnTurnEnd()
    {
        _isTurnEndQueued = false;
        if (_isClosed)
            return;
        if (Error == Errno.None)
            _output.Flush(isPatient: false);
        else
            FinishClose();
    }

    private void QueueTurnEnd()
    {
        if (_isTurnEndQueued || _isClosed)
            return;
        _isTurnEndQueued = true;
        Loop.AtTurnEnd(this);
    }

    /// <summary>Ends the session for good. The requests end once the kernel has let go of their memory.</summary>
    private void Fail(Errno error, string reason)
    {
        if (Error != Errno.None)
            return;
        Error = error;
        ErrorText = reason;
        if (error != Errno.ECANCELED)
            _options.Log.Write(LogLevel.Warning, $"9p: {_peer}: {reason}, connection closed");
        if (_receiveDone.IsPending)
            Loop.Cancel(_receiveDone);
        _output.Cancel();
        QueueTurnEnd();
    }

    private void Broken(string what) => Fail(Errno.EPROTO, $"the server broke the protocol: {what}");

    private void FinishClose()
    {
        if (_isClosed || _receiveDone.IsPending || _output.IsSending)
            return;
        _isClosed = true;
        _output.Release();
        _receive.Release();
        Loop.Close(_socket);
        EndAll();
        _closed.TrySetResult();
    }

    private sealed class ReceiveDone(NinePClient client) : IoCompletion
    {
        public override void Complete(int result) => client.Received(result);
    }

    private sealed class Deadline(NinePClient client) : IoCompletion
    {
        private bool _isOver;

        public void Stop(IoLoop loop)
        {
            _isOver = true;
            if (IsPending)
                loop.Cancel(this);
        }

        public override void Complete(int result)
        {
            if (!_isOver && result == 0)
                client.Fail(Errno.ETIMEDOUT, "no answer to Tversion in time");
        }
    }
}
