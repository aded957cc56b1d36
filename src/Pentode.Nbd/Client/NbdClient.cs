using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Nbd.Wire;
using Pentode.Uring;

namespace Pentode.Nbd.Client;

/// <summary>
/// One connection to an export. Commands start on its loop only and may be under way in any number: they share the connection, are answered
/// in any order, and each returned task is awaited exactly once and continues inline on the loop. Memory must be pinned and stay alive until
/// the task ends. Commands longer than the server takes are split. Steady state allocates nothing per command.
/// Errors: what the server answered; EINVAL for a range, alignment or flag that cannot be right (ENOSPC for writes past the end); EPERM on a
/// read-only export; EOPNOTSUPP for what the server does not offer; EAGAIN when too many wait; after the connection ended the error in
/// <see cref="Problem"/>. A server that breaks the protocol or makes no progress for a while ends the connection.
/// </summary>
public sealed partial class NbdClient : IAsyncDisposable
{
    // The longest range of one command without payload. Servers that have to write zeroes answer it well within the stall timeout, and
    // nbd-server zeroes no more than 64 MiB of a longer one although it reports success.
    private const long MaxRange = 32L << 20;

    // A multiple of every minimum block, so that a cut is always aligned.
    private const long MaxStatusRange = 0xFFFF0000;
    private const int MaxPieces = 16;
    private const NbdCommandFlags Fua = NbdCommandFlags.NBD_CMD_FLAG_FUA;

    private readonly NbdClientOptions _options;
    private readonly int _socket;
    private readonly string _peer;
    private readonly long _maxPayload;
    private readonly Stack<NbdClientRequest> _idle = new();
    private readonly Queue<NbdClientRequest> _waiting = new();
    private readonly NbdClientRequest?[] _slots;
    private readonly Stack<int> _freeSlots = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile NbdProblem? _problem;
    private ulong _lastSerial;
    private int _inFlight;
    private bool _isClosing;
    private bool _isEnded;

    private NbdClient(IoLoop loop, int socket, string peer, NbdExportInfo export, NbdClientOptions options)
    {
        Loop = loop;
        Export = export;
        _socket = socket;
        _peer = peer;
        _options = options;
        var most = Math.Min(Math.Max(options.MaxPayload, 512), export.MaximumBlock);
        _maxPayload = Math.Max(most & ~(export.MinimumBlock - 1L), export.MinimumBlock);
        _slots = new NbdClientRequest?[Math.Clamp(options.MaxInFlight, 1, 4096)];
        for (var i = _slots.Length - 1; i >= 0; i--)
            _freeSlots.Push(i);
        _in = loop.Buffers.Rent(ReceiveBytes);
        _heads = loop.Buffers.Rent(HeadBytes);
        _receiver = new Receiver(this);
        _sender = new Sender(this);
        _watch = new Watch(this);
        _closing = new Closing(this);
        _turnEnd = new TurnEnd(this);
        Arm();
    }

    /// <summary>The loop it lives on.</summary>
    public IoLoop Loop { get; }

    /// <summary>What the handshake told.</summary>
    public NbdExportInfo Export { get; }

    /// <summary>Why the connection ended, or null while it lives. Any thread.</summary>
    public NbdProblem? Problem => _problem;

    /// <summary>The text the server sent with its last error, or null. Loop thread.</summary>
    public string? LastServerMessage { get; private set; }

    /// <summary>Connects and opens the export of the URI. Any thread but the loop's.</summary>
    public static async Task<(NbdClient? Client, NbdProblem? Problem)> ConnectAsync(IoLoop loop, NbdUri uri, NbdClientOptions? options = null)
    {
        var settings = options ?? new NbdClientOptions();
        NbdClient? client = null;
        var problem = await new NbdDial(loop, uri, settings).RunAsync(async session =>
        {
            if (await session.Negotiation.Open(uri.ExportName) is not { } export)
                return false;
            session.IsTaken = true;
            client = new NbdClient(loop, session.Socket, uri.ToString(), export, settings);
            return true;
        }).ConfigureAwait(false);
        if (problem is null)
            return (client, null);
        if (client is not null)
            await client.DisposeAsync().ConfigureAwait(false);
        return (null, problem);
    }

    /// <summary>READ: fills the buffer. DF asks the server not to fragment.</summary>
    public ValueTask<Errno> Read(Memory<byte> buffer, long offset, NbdCommandFlags flags = NbdCommandFlags.None)
    {
        var allowed = Export.Can(NbdTransmissionFlags.NBD_FLAG_SEND_DF) && Export.IsStructured ? NbdCommandFlags.NBD_CMD_FLAG_DF : 0;
        return Begin(NbdCommand.NBD_CMD_READ, flags, allowed, offset, buffer.Length, buffer, default);
    }

    /// <summary>WRITE: takes FUA where offered.</summary>
    public ValueTask<Errno> Write(ReadOnlyMemory<byte> buffer, long offset, NbdCommandFlags flags = NbdCommandFlags.None) =>
        Begin(NbdCommand.NBD_CMD_WRITE, flags, FuaIfOffered, offset, buffer.Length, default, buffer);

    /// <summary>FLUSH: every write answered before is durable when it returns.</summary>
    public ValueTask<Errno> Flush() => Begin(NbdCommand.NBD_CMD_FLUSH, NbdCommandFlags.None, 0, 0, 0, default, default);

    /// <summary>TRIM: takes FUA where offered.</summary>
    public ValueTask<Errno> Trim(long offset, long length, NbdCommandFlags flags = NbdCommandFlags.None) =>
        Begin(NbdCommand.NBD_CMD_TRIM, flags, FuaIfOffered, offset, length, default, default);

    /// <summary>WRITE_ZEROES: takes NO_HOLE, and FUA and FAST_ZERO where offered.</summary>
    public ValueTask<Errno> WriteZeroes(long offset, long length, NbdCommandFlags flags = NbdCommandFlags.None)
    {
        var fast = Export.Can(NbdTransmissionFlags.NBD_FLAG_SEND_FAST_ZERO) ? NbdCommandFlags.NBD_CMD_FLAG_FAST_ZERO : 0;
        return Begin(NbdCommand.NBD_CMD_WRITE_ZEROES, flags, FuaIfOffered | fast | NbdCommandFlags.NBD_CMD_FLAG_NO_HOLE, offset, length, default, default);
    }

    /// <summary>CACHE: asks the server to prefetch.</summary>
    public ValueTask<Errno> Cache(long offset, long length) =>
        Begin(NbdCommand.NBD_CMD_CACHE, NbdCommandFlags.None, 0, offset, length, default, default);

    /// <summary>
    /// BLOCK_STATUS: appends the extents of every selected context, at most <paramref name="maxExtents"/> of each, none past the end of the
    /// range; they may cover less than the range but at least one of each context comes. REQ_ONE asks for one only. EOPNOTSUPP without contexts.
    /// </summary>
    public ValueTask<Errno> BlockStatus(long offset, long length, int maxExtents, List<NbdExtent> extents, NbdCommandFlags flags = NbdCommandFlags.None) =>
        Begin(NbdCommand.NBD_CMD_BLOCK_STATUS, flags, NbdCommandFlags.NBD_CMD_FLAG_REQ_ONE, offset, Math.Min(length, MaxStatusRange), default, default, extents, maxExtents);

    /// <summary>Takes no more commands, lets those under way end, says DISC and closes; cuts the connection at the close timeout. Any thread.</summary>
    public async ValueTask DisposeAsync()
    {
        Loop.Post(static s => ((NbdClient)s!).BeginClose(), this);
        try
        {
            await _ended.Task.WaitAsync(TimeSpan.FromMilliseconds((2L * _options.CloseTimeoutMs) + 1000)).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The loop itself has stopped, and took the socket's operations with it.
        }
    }

    /// <summary>Commands of an ended connection fail with EIO, as those of a lost disk do, instead of the error in <see cref="Problem"/>.</summary>
    internal bool IsDisk { get; set; }

    /// <summary>Back to the pool.</summary>
    internal void Return(NbdClientRequest request)
    {
        request.Reset();
        _idle.Push(request);
    }

    private Errno EndError => IsDisk ? Errno.EIO : _problem!.Error;

    private NbdCommandFlags FuaIfOffered => Export.Can(NbdTransmissionFlags.NBD_FLAG_SEND_FUA) ? Fua : 0;

    private ValueTask<Errno> Begin(
        NbdCommand type, NbdCommandFlags flags, NbdCommandFlags allowed, long offset, long length, Memory<byte> target, ReadOnlyMemory<byte> payload,
        List<NbdExtent>? extents = null, int maxExtents = 0)
    {
        if (!Loop.IsCurrent)
            throw new InvalidOperationException("commands start on the client's loop only");
        var error = Check(type, flags & ~allowed, offset, length);
        if (error != Errno.None)
            return new(error);
        if (length == 0 && type != NbdCommand.NBD_CMD_FLUSH)
            return default;
        var request = Rent(type, flags, offset, length);
        request.Target = target;
        request.Payload = payload;
        request.Extents = extents;
        request.MaxExtents = maxExtents;
        var task = request.Task;
        if (length > LongestPiece(type))
        {
            request.Left = length;
            CutPieces(request);
        }
        else
        {
            Enqueue(request);
        }

        return task;
    }

    private Errno Check(NbdCommand type, NbdCommandFlags excess, long offset, long length)
    {
        if (_problem is not null)
            return EndError;
        if (_isClosing)
            return Errno.ESHUTDOWN;
        if (_waiting.Count >= _options.MaxWaiting)
            return Errno.EAGAIN;
        if (excess != 0 || ((offset | length) & (Export.MinimumBlock - 1)) != 0)
            return Errno.EINVAL;
        if (offset < 0 || length < 0 || offset > Export.Size || length > Export.Size - offset)
            return type is NbdCommand.NBD_CMD_WRITE or NbdCommand.NBD_CMD_WRITE_ZEROES && (offset | length) >= 0 ? Errno.ENOSPC : Errno.EINVAL;
        var (isChange, needs) = type switch
        {
            NbdCommand.NBD_CMD_WRITE => (true, NbdTransmissionFlags.None),
            NbdCommand.NBD_CMD_TRIM => (true, NbdTransmissionFlags.NBD_FLAG_SEND_TRIM),
            NbdCommand.NBD_CMD_WRITE_ZEROES => (true, NbdTransmissionFlags.NBD_FLAG_SEND_WRITE_ZEROES),
            NbdCommand.NBD_CMD_FLUSH => (false, NbdTransmissionFlags.NBD_FLAG_SEND_FLUSH),
            NbdCommand.NBD_CMD_CACHE => (false, NbdTransmissionFlags.NBD_FLAG_SEND_CACHE),
            _ => (false, NbdTransmissionFlags.None),
        };
        if (isChange && Export.IsReadOnly)
            return Errno.EPERM;
        var isOffered = Export.Can(needs) && (type != NbdCommand.NBD_CMD_BLOCK_STATUS || Export.Contexts.Count > 0);
        return isOffered ? Errno.None : Errno.EOPNOTSUPP;
    }

    private long LongestPiece(NbdCommand type) => type switch
    {
        NbdCommand.NBD_CMD_READ or NbdCommand.NBD_CMD_WRITE => _maxPayload,
        NbdCommand.NBD_CMD_BLOCK_STATUS => MaxStatusRange,
        _ => MaxRange,
    };

    private NbdClientRequest Rent(NbdCommand type, NbdCommandFlags flags, long offset, long length)
    {
        if (!_idle.TryPop(out var request))
            request = new NbdClientRequest(this);
        request.Type = type;
        request.Flags = flags;
        request.Offset = offset;
        request.Length = length;
        return request;
    }

    // A few pieces at a time: a range of exabytes must not become a queue of billions.
    private void CutPieces(NbdClientRequest whole)
    {
        var longest = LongestPiece(whole.Type);
        while (whole.Left > 0 && whole.Pieces < MaxPieces && whole.Error == Errno.None)
        {
            var start = whole.Length - whole.Left;
            var length = Math.Min(whole.Left, longest);
            var piece = Rent(whole.Type, whole.Flags, whole.Offset + start, length);
            piece.Parent = whole;
            if (whole.Type == NbdCommand.NBD_CMD_READ)
                piece.Target = whole.Target.Slice((int)start, (int)length);
            else if (whole.Type == NbdCommand.NBD_CMD_WRITE)
                piece.Payload = whole.Payload.Slice((int)start, (int)length);
            whole.Left -= length;
            whole.Pieces++;
            Enqueue(piece);
        }
    }

    private void Enqueue(NbdClientRequest request)
    {
        _waiting.Enqueue(request);
        Touch();
    }

    // The reply is complete: frees the slot, and tells the caller once the kernel is done with the payload too.
    private void Finish(NbdClientRequest request, Errno error)
    {
        _slots[request.Slot] = null;
        _freeSlots.Push(request.Slot);
        _inFlight--;
        _progress++;
        if (request.Type == NbdCommand.NBD_CMD_READ && request.Length >= LargeRead)
            _largeReads--;
        request.Error = error;
        if (request.IsBeingSent)
            request.IsAnswered = true;
        else
            Deliver(request);
        if (_waiting.Count > 0 || _isClosing)
            Touch();
    }

    private void Deliver(NbdClientRequest request)
    {
        var error = request.Error;
        if (request.Parent is not { } whole)
        {
            request.SetResult(error);
            return;
        }

        Return(request);
        whole.Pieces--;
        if (whole.Error == Errno.None)
            whole.Error = error;
        CutPieces(whole);
        if (whole.Pieces == 0)
            whole.SetResult(whole.Error);
    }
}
