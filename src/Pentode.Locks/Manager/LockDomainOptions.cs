namespace Pentode.Locks.Manager;

/// <summary>How a domain behaves. The first three are the cluster's, set by the first who joins; the others are this node's own.</summary>
/// <param name="PersistValues">Values outlive the last user of a lock.</param>
/// <param name="ZeroValueOnDeath">As the original does: the value is zeroed when an exclusive holder dies, instead of kept and marked suspect.</param>
/// <param name="LongNames">Names up to 255 bytes and any first byte; else locks of 1 to 31 bytes not beginning with <c>$</c> and domains of 1 to 63.</param>
/// <param name="TryRecallMs">How long a try may take to win a lock that is idle on another node; 0 asks nobody.</param>
/// <param name="MinHoldMs">How long a grant is kept for local use before it is given away.</param>
/// <param name="ExcludeLocally">Every request excludes other users on this node as well.</param>
/// <param name="WriteThrough">A written value is committed at once instead of at flush, release or hand-over.</param>
/// <param name="Loss">What is done on loss.</param>
/// <param name="LossSignal">The signal of <see cref="LossPolicy.Signal"/>.</param>
/// <param name="DetectDeadlocks">Requests that wait for one another in a circle are found and the youngest is refused (EDEADLK).</param>
public sealed record LockDomainOptions(
    bool PersistValues = false,
    bool ZeroValueOnDeath = false,
    bool LongNames = false,
    int TryRecallMs = 50,
    int MinHoldMs = 0,
    bool ExcludeLocally = false,
    bool WriteThrough = false,
    LossPolicy Loss = LossPolicy.None,
    int LossSignal = 15,
    bool DetectDeadlocks = true)
{
    /// <summary>Longest lock name unless <see cref="LongNames"/>.</summary>
    public const int ShortLockNameBytes = 31;

    /// <summary>Longest domain name unless <see cref="LongNames"/>.</summary>
    public const int ShortDomainNameBytes = 63;

    private const byte Version = 1;

    /// <summary>True when a lock may be called that.</summary>
    public bool Allows(LockName name) => LongNames || (name.Length is > 0 and <= ShortLockNameBytes && name.Bytes[0] != (byte)'$');

    /// <summary>The cluster's part as bytes: version[1] flags[1].</summary>
    internal byte[] EncodeShared() => [Version, (byte)((PersistValues ? 1 : 0) | (ZeroValueOnDeath ? 2 : 0) | (LongNames ? 4 : 0))];

    /// <summary>These options with the cluster's part replaced; null when the bytes are not understood.</summary>
    internal LockDomainOptions? WithShared(ReadOnlySpan<byte> bytes) =>
        bytes is [Version, < 8]
            ? this with { PersistValues = (bytes[1] & 1) != 0, ZeroValueOnDeath = (bytes[1] & 2) != 0, LongNames = (bytes[1] & 4) != 0 }
            : null;
}
