using System.Net;
using Pentode.Files.Exports;

namespace Pentode.Nfs.Server;

/// <summary>What the server knows of a client address: its grants, its replies, its mounts. Thread safe.</summary>
internal sealed class NfsClient(NfsServer server, IPAddress address)
{
    private const int MaxMounts = 256;

    private readonly List<string> _mounts = [];
    private volatile GrantList _grants = new(-1, []);
    private long _warnedAt = long.MinValue / 2;

    public IPAddress Address { get; } = address;

    public ReplyCache Replies { get; } = new(server.Options.MaxCachedReplies, server.Options.CachedReplyMs);

    /// <summary>When it called last, for <see cref="NfsServer"/>.</summary>
    public long UsedAt { get; set; }

    /// <summary>Paths it says it has mounted.</summary>
    public IReadOnlyList<string> Mounts
    {
        get
        {
            lock (_mounts)
                return [.. _mounts];
        }
    }

    /// <summary>What it may have now.</summary>
    public IReadOnlyList<TreeGrant> Grants => Current().Grants;

    /// <summary>The grant of that id it has now; null for none.</summary>
    public TreeGrant? GrantOf(ushort id)
    {
        foreach (var grant in Current().Grants)
        {
            if (grant.Id == id)
                return grant;
        }

        return null;
    }

    public void AddMount(string path)
    {
        lock (_mounts)
        {
            if (_mounts.Count < MaxMounts && !_mounts.Contains(path))
                _mounts.Add(path);
        }
    }

    /// <summary>Forgets one, or with null all.</summary>
    public void RemoveMount(string? path)
    {
        lock (_mounts)
        {
            if (path is null)
                _mounts.Clear();
            else
                _mounts.Remove(path);
        }
    }

    /// <summary>True once a minute: refusals are logged no more often.</summary>
    public bool MayWarn()
    {
        var now = Environment.TickCount64;
        if (now - _warnedAt < 60_000)
            return false;
        _warnedAt = now;
        return true;
    }

    private GrantList Current()
    {
        var version = server.ExportsVersion;
        var known = _grants;
        if (known.Version != version)
            _grants = known = new GrantList(version, server.GrantsFor(Address));
        return known;
    }

    private sealed record GrantList(long Version, TreeGrant[] Grants);
}
