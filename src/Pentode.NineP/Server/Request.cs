using Pentode.Core.Buffers;
using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>One request under way; pooled per connection.</summary>
internal sealed class Request
{
    private byte[] _scratch = new byte[256];

    public P9Type Type { get; set; }

    public ushort Tag { get; set; }

    /// <summary>Room for the qids of a walk.</summary>
    public byte[] Qids { get; } = new byte[P9Limits.MaxWalkNames * Qid.Size];

    public int Epoch { get; set; }

    /// <summary>The body: a copy, except for large writes, whose receive buffer is then held.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    public ReceiveBuffer? Receive { get; set; }

    public NativeBuffer? Data { get; set; }

    public Fid? First { get; set; }

    public Fid? Second { get; set; }

    /// <summary>Reply in its own buffer (reads), sent without a copy when large.</summary>
    public NativeBuffer? Reply { get; set; }

    /// <summary>Tags of Tflush to be answered after this request.</summary>
    public List<ushort>? Flushes { get; set; }

    public bool IsPending { get; set; }

    /// <summary>A lock that waits.</summary>
    public LockOwner? LockOwner { get; set; }

    public LockType LockType { get; set; }

    public long LockStart { get; set; }

    public long LockLength { get; set; }

    public long LockDeadline { get; set; }

    public void CopyBody(ReadOnlySpan<byte> body)
    {
        if (_scratch.Length < body.Length)
            _scratch = new byte[body.Length];
        body.CopyTo(_scratch);
        Body = _scratch.AsMemory(0, body.Length);
    }

    /// <summary>The part of the body behind a span read from it, good for as long as the request lives.</summary>
    public ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> part) =>
        Body.Span.Overlaps(part, out var offset) ? Body.Slice(offset < 0 ? -offset : offset, part.Length) : default;

    public FileName Name(ReadOnlySpan<byte> part) => new(Keep(part));
}
