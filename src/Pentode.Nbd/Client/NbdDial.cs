using System.Net;
using System.Net.Sockets;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Nbd.Client;

/// <summary>One attempt to reach a server: resolves its name, connects, lets a caller negotiate, all within one deadline.</summary>
internal sealed class NbdDial(IoLoop loop, NbdUri uri, NbdClientOptions options)
{
    private const int SpareMs = 5000;

    private readonly TaskCompletionSource<NbdProblem?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Connecting? _connecting;
    private int _socket = -1;
    private bool _isLate;

    /// <summary>
    /// Runs <paramref name="body"/> on the loop with a greeted server; null when all went well. The body returns false when the negotiation
    /// failed; it takes the socket over by setting its argument's <see cref="Session.IsTaken"/>. Any thread but the loop's.
    /// </summary>
    public async Task<NbdProblem?> RunAsync(Func<Session, ValueTask<bool>> body)
    {
        var (addresses, problem) = await ResolveAsync().ConfigureAwait(false);
        if (problem is not null)
            return problem;
        loop.Post(_ => RunOnLoop(addresses, body));
        try
        {
            return await _done.Task.WaitAsync(TimeSpan.FromMilliseconds((long)options.HandshakeTimeoutMs + SpareMs)).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return Late();
        }
    }

    private async Task<(List<byte[]> Addresses, NbdProblem? Problem)> ResolveAsync()
    {
        if (uri.SocketPath is { } path)
            return ([Sockets.UnixAddress(path)], null);
        try
        {
            var found = await Dns.GetHostAddressesAsync(uri.Host).WaitAsync(TimeSpan.FromMilliseconds(options.HandshakeTimeoutMs)).ConfigureAwait(false);
            return ([.. found.Select(a => Sockets.TcpAddress(a.ToString(), uri.Port))], null);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return ([], new NbdProblem(Errno.EADDRNOTAVAIL, $"{uri}: cannot find the host '{uri.Host}': {e.Message}"));
        }
        catch (TimeoutException)
        {
            return ([], new NbdProblem(Errno.ETIMEDOUT, $"{uri}: no answer about the host '{uri.Host}' from the name service"));
        }
    }

    private async void RunOnLoop(List<byte[]> addresses, Func<Session, ValueTask<bool>> body)
    {
        var deadline = new Deadline(this);
        try
        {
            loop.Delay(options.HandshakeTimeoutMs, deadline);
            var problem = await ConnectAny(addresses) ?? await Negotiate(body);
            _done.TrySetResult(problem is not null && _isLate ? Late() : problem);
        }
#pragma warning disable CA1031 // a bug goes to whoever waits, not into the loop
        catch (Exception e)
#pragma warning restore CA1031
        {
            _done.TrySetException(e);
        }
        finally
        {
            if (_socket >= 0)
                loop.Close(_socket);
            _socket = -1;
            if (deadline.IsPending)
                loop.Cancel(deadline);
        }
    }

    private async ValueTask<NbdProblem?> ConnectAny(List<byte[]> addresses)
    {
        var error = Errno.EADDRNOTAVAIL;
        foreach (var address in addresses)
        {
            var made = uri.SocketPath is null ? Sockets.CreateTcp(address.Length != 16) : Sockets.CreateUnix();
            if (!made.IsOk || address.Length == 0)
            {
                error = made.IsOk ? Errno.ENAMETOOLONG : made.Error;
                if (made.IsOk)
                    loop.Close(made.Value);
                continue;
            }

            _socket = made.Value;
            _connecting = new Connecting();
            loop.Connect(_socket, address, _connecting);
            var result = await _connecting.Task;
            _connecting = null;
            if (result >= 0 && !_isLate)
            {
                Sockets.SetNoDelay(_socket);
                return null;
            }

            loop.Close(_socket);
            _socket = -1;
            error = (Errno)(-result);
            if (_isLate)
                break;
        }

        return new NbdProblem(error, $"cannot connect to {uri}: {NbdProblem.Words(error)}");
    }

    private async ValueTask<NbdProblem?> Negotiate(Func<Session, ValueTask<bool>> body)
    {
        var scratch = loop.Buffers.Rent(NbdNegotiation.ScratchBytes);
        try
        {
            var session = new Session(new NbdNegotiation(loop, _socket, scratch, options), _socket);
            if (await session.Negotiation.Greet() && await body(session) && !_isLate)
            {
                if (session.IsTaken)
                    _socket = -1;
                return null;
            }

            var problem = session.Negotiation.Problem ?? Late();
            return problem with { Message = $"{uri}: {problem.Message}" };
        }
        finally
        {
            scratch.Release();
        }
    }

    private NbdProblem Late() => new(Errno.ETIMEDOUT, $"{uri}: no complete handshake within {options.HandshakeTimeoutMs / 1000.0:0.#} s");

    private void OnDeadline()
    {
        _isLate = true;
        if (_connecting is { IsPending: true } connecting)
            loop.Cancel(connecting);
        else if (_socket >= 0)
            Sockets.Shutdown(_socket);
    }

    /// <summary>A connected and greeted server.</summary>
    public sealed class Session(NbdNegotiation negotiation, int socket)
    {
        public NbdNegotiation Negotiation { get; } = negotiation;

        public int Socket { get; } = socket;

        /// <summary>The body owns the socket from now on.</summary>
        public bool IsTaken { get; set; }
    }

    private sealed class Connecting : IoCompletion
    {
        private readonly TaskCompletionSource<int> _result = new();

        public Task<int> Task => _result.Task;

        public override void Complete(int result) => _result.SetResult(result);
    }

    private sealed class Deadline(NbdDial dial) : IoCompletion
    {
        public override void Complete(int result)
        {
            if (result == 0)
                dial.OnDeadline();
        }
    }
}
