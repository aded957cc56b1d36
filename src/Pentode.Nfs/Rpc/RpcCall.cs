using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Nfs.Server;
using Pentode.Uring;
using Pentode.Uring.Streams;

namespace Pentode.Nfs.Rpc;

/// <summary>One call under way; pooled by its transport. Used on the transport's loop only.</summary>
internal sealed class RpcCall
{
    private readonly IRpcTransport _transport;
    private byte[] _scratch = GC.AllocateUninitializedArray<byte>(512, pinned: true);
    private ValueTask _task;

    public RpcCall(IRpcTransport transport)
    {
        _transport = transport;
        Continue = () => _transport.Continue(this);
    }

    public IRpcTransport Transport => _transport;

    public uint Xid { get; set; }

    public uint Program { get; set; }

    public uint Version { get; set; }

    public uint Procedure { get; set; }

    /// <summary>The user who calls, as he says.</summary>
    public Credentials Who { get; set; } = Credentials.Nobody;

    /// <summary>False for AUTH_NONE.</summary>
    public bool HasUser { get; set; }

    /// <summary>The host that calls.</summary>
    public NfsClient Client { get; set; } = null!;

    /// <summary>The call came from a port below 1024.</summary>
    public bool IsFromPrivilegedPort { get; set; }

    /// <summary>Pinned: the arguments, until the call ends.</summary>
    public ReadOnlyMemory<byte> Arguments { get; set; }

    /// <summary>Called when a handler that could not end at once has ended.</summary>
    public Action Continue { get; }

    /// <summary>The receive buffer the arguments lie in, if they were not copied.</summary>
    public ReceiveBuffer? Receive { get; set; }

    /// <summary>Bytes this call adds to what its transport holds.</summary>
    public int HeldBytes { get; set; }

    /// <summary>The reply is on its way, or there is to be none.</summary>
    public bool IsAnswered { get; set; }

    public bool IsPending { get; set; }

    /// <summary>The place in the client's reply cache that waits for this reply.</summary>
    public CachedReply? Cached { get; set; }

    /// <summary>Sender of a datagram and the address it came to; transport's own.</summary>
    public object? Origin { get; set; }

    /// <summary>When it arrived.</summary>
    public long StartedAt { get; set; }

    /// <summary>Protocol status of the reply, 0 when good: for counts and traces.</summary>
    public uint Status { get; set; }

    /// <summary>Attributes of the object the call is about, as last looked at.</summary>
    public FileAttributes Attributes { get; set; }

    /// <summary>Attributes of what the call has just made or found by name, when they are known already.</summary>
    public FileAttributes? KnownAttributes { get; set; }

    /// <summary>Objects in use until the call ends.</summary>
    public List<NfsObject> Objects { get; } = [];

    /// <summary>What the call does to one object, and to another.</summary>
    public WccState First { get; } = new();

    /// <inheritdoc cref="First"/>
    public WccState Second { get; } = new();

    /// <summary>A buffer that goes back when the call ends, unless it was sent.</summary>
    public NativeBuffer? Buffer { get; set; }

    public void CopyArguments(ReadOnlySpan<byte> arguments)
    {
        if (_scratch.Length < arguments.Length)
            _scratch = GC.AllocateUninitializedArray<byte>(arguments.Length, pinned: true);
        arguments.CopyTo(_scratch);
        Arguments = _scratch.AsMemory(0, arguments.Length);
    }

    /// <summary>The part of the arguments behind a span read from them, good for as long as the call lives.</summary>
    public ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> part) =>
        part.IsEmpty ? default : Arguments.Span.Overlaps(part, out var offset) ? Arguments.Slice(offset < 0 ? -offset : offset, part.Length) : default;

    /// <summary>The same as a name.</summary>
    public FileName Name(ReadOnlySpan<byte> part) => new(Keep(part));

    /// <summary>A writer for at most <paramref name="size"/> bytes of results, to be given to <see cref="End"/> before anything is awaited.</summary>
    public XdrWriter Begin(int size, AcceptStatus status = AcceptStatus.Success)
    {
        var writer = new XdrWriter(_transport.Reserve(_transport.MarkSize + RpcConstants.ReplyHeader + size));
        writer.Zeroes(_transport.MarkSize);
        WriteHeader(ref writer, status);
        return writer;
    }

    /// <summary>Sends what was written.</summary>
    public void End(in XdrWriter writer)
    {
        System.Diagnostics.Debug.Assert(!writer.IsOverrun, "reply size");
        Cached?.Set(writer.Written[_transport.MarkSize..]);
        IsAnswered = true;
        _transport.Commit(this, writer.Position);
    }

    /// <summary>Sends what was written and, behind it, bytes of a file that its owner keeps open until they have left.</summary>
    public void EndWithFile(in XdrWriter writer, CachedRange range, int length, IStreamPart owner)
    {
        IsAnswered = true;
        _transport.SendFile(writer.Position, range, length, owner);
    }

    /// <summary>A reply without results.</summary>
    public void Answer(AcceptStatus status)
    {
        if (status != AcceptStatus.Success)
            Status = uint.MaxValue;
        var writer = Begin(0, status);
        End(writer);
    }

    /// <summary>A reply whose only result is one number.</summary>
    public void Answer(uint result)
    {
        Status = result;
        var writer = Begin(4);
        writer.U32(result);
        End(writer);
    }

    /// <summary>
    /// Sends a reply around data that lies in <see cref="Buffer"/> at <paramref name="dataAt"/>: <paramref name="head"/> (results before the data) goes right
    /// before it, padding behind it.
    /// </summary>
    public void SendAround(ReadOnlySpan<byte> head, int dataAt, int count)
    {
        var buffer = Buffer!;
        Buffer = null;
        var size = _transport.MarkSize + RpcConstants.ReplyHeader + head.Length;
        var writer = new XdrWriter(buffer.GetSpan().Slice(dataAt - size, size));
        writer.Zeroes(_transport.MarkSize);
        WriteHeader(ref writer, AcceptStatus.Success);
        writer.Bytes(head);
        var padding = -count & 3;
        buffer.GetSpan().Slice(dataAt + count, padding).Clear();
        IsAnswered = true;
        _transport.Send(this, buffer, dataAt - size, size + count + padding);
    }

    /// <summary>Counts payload.</summary>
    public void CountBytes(int read, int written) => _transport.CountBytes(read, written);

    /// <summary>Has <see cref="Continue"/> called when the handler ends. Allocates nothing.</summary>
    public void Await(ValueTask task)
    {
        _task = task;
        task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(Continue);
    }

    /// <summary>The end of the awaited handler; throws what it threw. Once.</summary>
    public void TakeResult()
    {
        var task = _task;
        _task = default;
        task.GetAwaiter().GetResult();
    }

    private void WriteHeader(ref XdrWriter writer, AcceptStatus status)
    {
        writer.U32(Xid);
        writer.U32(RpcConstants.Reply);
        writer.U32(RpcConstants.Accepted);
        writer.U32(RpcConstants.FlavorNone);
        writer.U32(0);
        writer.U32((uint)status);
    }
}
