namespace Pentode.Core;

/// <summary>
/// On whose behalf an operation runs: numeric user, group and supplementary groups. Immutable; compare by content, for which <see cref="Call"/> does not count.
/// </summary>
public sealed class Credentials : IEquatable<Credentials>
{
    private readonly uint[] _groups;
    private readonly Credentials? _withoutCall;
    private Credentials? _withoutRootGroup;

    /// <summary>Creates credentials; <paramref name="groups"/> is copied.</summary>
    public Credentials(uint uid, uint gid, ReadOnlySpan<uint> groups = default)
    {
        Uid = uid;
        Gid = gid;
        _groups = groups.ToArray();
    }

    private Credentials(Credentials who, CallIdentity call)
    {
        (Uid, Gid, _groups, _withoutCall, Call) = (who.Uid, who.Gid, who._groups, who, call);
    }

    /// <summary>User 0 with group 0.</summary>
    public static Credentials Root { get; } = new(0, 0);

    /// <summary>The user and group that own nothing: 65534.</summary>
    public static Credentials Nobody { get; } = new(65534, 65534);

    /// <summary>User id.</summary>
    public uint Uid { get; }

    /// <summary>Primary group id.</summary>
    public uint Gid { get; }

    /// <summary>Supplementary group ids.</summary>
    public ReadOnlySpan<uint> Groups => _groups;

    /// <summary>The call the operation is part of, when it may be sent again and must not be done again.</summary>
    public CallIdentity? Call { get; }

    /// <summary>The same user, whatever he calls: for what outlives the call.</summary>
    public Credentials WithoutCall() => _withoutCall ?? this;

    /// <summary>The same user in a call.</summary>
    public Credentials In(CallIdentity call) => new(WithoutCall(), call);

    /// <summary>True when <paramref name="gid"/> is the primary or a supplementary group.</summary>
    public bool IsInGroup(uint gid) => gid == Gid || Groups.Contains(gid);

    /// <summary>The same user out of group 0: its place as the primary group is taken by <see cref="Nobody"/>'s. Kept, so asking again costs nothing.</summary>
    public Credentials WithoutRootGroup()
    {
        if (Gid != 0 && !Groups.Contains(0u))
            return this;
        return _withoutRootGroup ??= new Credentials(Uid, Gid == 0 ? Nobody.Gid : Gid, Array.FindAll(_groups, static g => g != 0));
    }

    /// <inheritdoc/>
    public bool Equals(Credentials? other) =>
        other is not null && Uid == other.Uid && Gid == other.Gid && Groups.SequenceEqual(other.Groups);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Credentials);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Uid, Gid, _groups.Length);

    /// <inheritdoc/>
    public override string ToString() => $"uid={Uid} gid={Gid} groups={string.Join(',', _groups)}";
}
