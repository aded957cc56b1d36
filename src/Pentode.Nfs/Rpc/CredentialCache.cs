using Pentode.Core;

namespace Pentode.Nfs.Rpc;

/// <summary>The users of the last calls of a connection by their credentials' bytes, so that a call costs a comparison and the same user is the same object.</summary>
internal sealed class CredentialCache
{
    private const int Slots = 8;

    private readonly (byte[] Body, Credentials Who)[] _slots = new (byte[], Credentials)[Slots];
    private int _next;
    private int _last;

    /// <summary>The user of an AUTH_SYS body; null when it does not parse.</summary>
    public Credentials? Find(ReadOnlySpan<byte> body)
    {
        if (_slots[_last].Body is { } last && body.SequenceEqual(last))
            return _slots[_last].Who;
        for (var i = 0; i < Slots; i++)
        {
            if (_slots[i].Body is { } known && body.SequenceEqual(known))
                return _slots[_last = i].Who;
        }

        if (AuthSys.Read(body) is not { } who)
            return null;
        // The stamp changes with every mount or call of some clients; the user need not become a new object for that.
        foreach (var slot in _slots)
        {
            if (slot.Body is not null && slot.Who.Equals(who))
                who = slot.Who;
        }

        _slots[_last = _next] = (body.ToArray(), who);
        _next = (_next + 1) % Slots;
        return who;
    }
}
