using System.Buffers.Binary;

namespace Pentode.Nfs.Server;

/// <summary>
/// Replies to calls of one client address that are not idempotent: such a call sent again, over whichever connection, gets the same reply and is
/// not done again. Bounded; thread safe; allocates nothing once it is full.
/// </summary>
internal sealed class ReplyCache(int capacity, long lifetimeMs)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ReplyKey, CachedReply> _replies = [];
    private readonly Queue<CachedReply> _order = new();

    /// <summary>Calls known.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _replies.Count;
        }
    }

    /// <summary>
    /// The place for the reply of a new call; or null with, in <paramref name="copy"/>, the reply it has had already, empty while it is being
    /// done. Null and no copy as well when the cache is full of calls under way: such a call is done without protection.
    /// </summary>
    public CachedReply? Begin(ReplyKey key, long nowMs, out byte[]? copy)
    {
        copy = null;
        lock (_gate)
        {
            if (_replies.TryGetValue(key, out var known))
            {
                if (!known.IsDone)
                {
                    copy = [];
                    return null;
                }

                if (nowMs - known.At < lifetimeMs)
                {
                    copy = known.Bytes.ToArray();
                    return null;
                }

                // Old: the client has come round to the same number.
                known.IsDone = false;
                known.At = nowMs;
                return known;
            }

            var place = TakePlace();
            if (place is null)
                return null;
            (place.Key, place.IsDone, place.At) = (key, false, nowMs);
            _replies.Add(key, place);
            _order.Enqueue(place);
            return place;
        }
    }

    /// <summary>The reply is known.</summary>
    public void Complete(CachedReply place, ReadOnlySpan<byte> reply)
    {
        lock (_gate)
            place.Store(reply);
    }

    /// <summary>The call ended without a reply: it may be done anew.</summary>
    public void Abandon(CachedReply place)
    {
        lock (_gate)
        {
            if (!place.IsDone)
            {
                place.Store([]);
                place.At = long.MinValue / 2;
            }
        }
    }

    /// <summary>64 bits over user and arguments; no defence against a client that wants to meet itself.</summary>
    public static ulong Hash(uint uid, ReadOnlySpan<byte> arguments)
    {
        const ulong prime = 0x9E3779B97F4A7C15;
        var hash = (uid + 1) * prime ^ (ulong)arguments.Length;
        while (arguments.Length >= 8)
        {
            hash = System.Numerics.BitOperations.RotateLeft((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(arguments)) * prime, 29);
            arguments = arguments[8..];
        }

        foreach (var b in arguments)
            hash = System.Numerics.BitOperations.RotateLeft((hash ^ b) * prime, 29);
        return hash ^ (hash >> 32);
    }

    private CachedReply? TakePlace()
    {
        if (_order.Count < capacity)
            return new CachedReply(this);
        // Oldest first; what is under way is passed over.
        for (var i = _order.Count; i > 0; i--)
        {
            var oldest = _order.Dequeue();
            if (oldest.IsDone)
            {
                _replies.Remove(oldest.Key);
                return oldest;
            }

            _order.Enqueue(oldest);
        }

        return null;
    }
}
