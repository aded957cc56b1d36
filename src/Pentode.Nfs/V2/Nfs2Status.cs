using Pentode.Core;
using Pentode.Nfs.V3;

namespace Pentode.Nfs.V2;

/// <summary>stat of NFSv2 (RFC 1094 section 2.3.1) for each errno; what only version 3 has a number for becomes the nearest of version 2.</summary>
internal static class Nfs2Status
{
    public const uint Ok = 0, Stale = 70;

    private const uint Io = 5, Access = 13;

    public static uint Of(Errno error)
    {
        var status = Nfs3Status.Of(error);
        return status switch
        {
            Nfs3Status.BadHandle => Stale,
            22 => Access,
            31 => 27,
            > 10000 => Io,
            _ => status,
        };
    }

    /// <summary>True for what is not answered: the client asks again after a while, as version 3's would on JUKEBOX.</summary>
    public static bool IsLater(Errno error) => Nfs3Status.Of(error) == Nfs3Status.Jukebox;
}
