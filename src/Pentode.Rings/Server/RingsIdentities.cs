using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Uring;

namespace Pentode.Rings.Server;

/// <summary>The credentials clients act with: one personality of the ring for each distinct user, group and set of groups, dropped with its last connection.</summary>
internal sealed class RingsIdentities
{
    private readonly MappedRing _ring;
    private readonly RingsActor _actor;
    private readonly List<RingsIdentity> _kept = [];
    private readonly RingsIdentity _own = new() { Uid = ThreadIdentity.OwnUid, Gid = ThreadIdentity.OwnGid, Groups = ThreadIdentity.OwnGroups, Personality = 0 };

    public RingsIdentities(MappedRing ring, RingsActor actor)
    {
        _ring = ring;
        _actor = actor;
    }

    /// <summary>Personalities in use.</summary>
    public int Count => _kept.Count;

    /// <summary>The credentials of a peer; EACCES when this server may not act as anybody else, or what the kernel said.</summary>
    public Result<RingsIdentity> Take(uint uid, uint gid, uint[] groups)
    {
        if (_actor == RingsActor.Server || (ThreadIdentity.OwnUid != 0 && uid == ThreadIdentity.OwnUid))
            return _own;
        if (ThreadIdentity.OwnUid != 0)
            return Errno.EACCES;
        if (_own.Is(uid, gid, groups))
            return _own;
        foreach (var known in _kept)
        {
            if (!known.Is(uid, gid, groups))
                continue;
            known.Sessions++;
            return known;
        }

        if (ThreadIdentity.Become(uid, gid, groups) is not Errno.None and var error)
            return error;
        var made = RingPolicy.AddPersonality(_ring);
        ThreadIdentity.Return();
        if (!made.IsOk)
            return made.Error;
        var identity = new RingsIdentity { Uid = uid, Gid = gid, Groups = groups, Personality = made.Value, Sessions = 1 };
        _kept.Add(identity);
        return identity;
    }

    /// <summary>A connection is over.</summary>
    public void Drop(RingsIdentity identity)
    {
        if (identity.Personality == 0 || --identity.Sessions > 0)
            return;
        RingPolicy.RemovePersonality(_ring, identity.Personality);
        _kept.Remove(identity);
    }
}
