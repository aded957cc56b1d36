using System.Threading.Tasks.Sources;
using Pentode.Core;
using Pentode.Nbd.Wire;

namespace Pentode.Nbd.Client;

/// <summary>One request of a client, or a long one whose pieces are requests of their own. Pooled; awaited once; continued inline on the loop.</summary>
internal sealed class NbdClientRequest(NbdClient client) : IValueTaskSource<Errno>
{
    private ManualResetValueTaskSourceCore<Errno> _core;

    public ValueTask<Errno> Task => new(this, _core.Version);

    public NbdCommand Type { get; set; }

    public NbdCommandFlags Flags { get; set; }

    public long Offset { get; set; }

    public long Length { get; set; }

    /// <summary>Where a READ puts its data.</summary>
    public Memory<byte> Target { get; set; }

    /// <summary>What a WRITE sends.</summary>
    public ReadOnlyMemory<byte> Payload { get; set; }

    /// <summary>Where a BLOCK_STATUS puts its extents, and how many it takes per context.</summary>
    public List<NbdExtent>? Extents { get; set; }

    public int MaxExtents { get; set; }

    public ulong Cookie { get; set; }

    public int Slot { get; set; }

    /// <summary>The long request this is a piece of.</summary>
    public NbdClientRequest? Parent { get; set; }

    /// <summary>First error of the reply or of the pieces.</summary>
    public Errno Error { get; set; }

    /// <summary>Chunks of the reply have arrived.</summary>
    public bool HasChunks { get; set; }

    public int ErrorChunks { get; set; }

    /// <summary>One bit for each context answered.</summary>
    public uint ContextsSeen { get; set; }

    public ByteRanges Received { get; } = new();

    /// <summary>The kernel may still read the payload.</summary>
    public bool IsBeingSent { get; set; }

    /// <summary>The reply came while the payload was still being sent: finish when it was.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Pieces on their way, and what is not yet cut into pieces.</summary>
    public int Pieces { get; set; }

    public long Left { get; set; }

    public void Reset()
    {
        Target = default;
        Payload = default;
        Extents = null;
        Parent = null;
        Error = Errno.None;
        HasChunks = false;
        ErrorChunks = 0;
        ContextsSeen = 0;
        Received.Clear();
        IsBeingSent = false;
        IsAnswered = false;
        Pieces = 0;
        Left = 0;
    }

    public void SetResult(Errno error) => _core.SetResult(error);

    public Errno GetResult(short token)
    {
        var result = _core.GetResult(token);
        _core.Reset();
        client.Return(this);
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
