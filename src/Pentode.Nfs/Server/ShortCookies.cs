namespace Pentode.Nfs.Server;

/// <summary>Directory cookies of 32 bits, as NFSv2 has, for those of 64: the last few a listing may go on from.</summary>
internal sealed class ShortCookies
{
    private const int Slots = 32;

    private readonly (uint Short, long Long)[] _known = new (uint, long)[Slots];
    private int _next;

    /// <summary>The short form: itself when it fits, and never 0, which means the start.</summary>
    public static uint Fold(long cookie) => (uint)cookie == cookie ? (uint)cookie : (uint)(cookie ^ (cookie >> 32)) | 0x80000000;

    public void Remember(long cookie)
    {
        _known[_next] = (Fold(cookie), cookie);
        _next = (_next + 1) % Slots;
    }

    /// <summary>Null when it has to be searched.</summary>
    public long? Find(uint cookie)
    {
        foreach (var (known, full) in _known)
        {
            if (known == cookie && full != 0)
                return full;
        }

        return null;
    }
}
