namespace Pentode.Nfs.Server;

/// <summary>The reply to a call that must not be done twice, or the knowledge that it is being done. Guarded by its <see cref="ReplyCache"/>.</summary>
internal sealed class CachedReply(ReplyCache owner)
{
    private byte[] _bytes = [];
    private int _size;

    public ReplyKey Key { get; set; }

    public bool IsDone { get; set; }

    public long At { get; set; }

    /// <summary>The reply without record mark.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _size);

    /// <summary>The call is answered with these bytes.</summary>
    public void Set(ReadOnlySpan<byte> reply) => owner.Complete(this, reply);

    internal void Store(ReadOnlySpan<byte> reply)
    {
        if (_bytes.Length < reply.Length)
            _bytes = new byte[reply.Length];
        reply.CopyTo(_bytes);
        _size = reply.Length;
        IsDone = true;
    }
}
