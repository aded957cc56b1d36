using Pentode.Files;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.V2;

/// <summary>Looks through a directory for the entry a short cookie stands for.</summary>
internal sealed class CookieSearch(uint wanted) : IDirectorySink
{
    /// <summary>The whole cookie; null when no entry has it.</summary>
    public long? Found { get; private set; }

    /// <inheritdoc/>
    public bool TryAdd(NodeId id, long cookie, byte type, ReadOnlySpan<byte> name)
    {
        if (Found is not null)
            return false;
        if (ShortCookies.Fold(cookie) == wanted)
            Found = cookie;
        return true;
    }
}
