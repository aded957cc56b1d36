using System.Text;
using Pentode.Locks.Record;

namespace Pentode.Locks.Stores;

/// <summary>
/// Names of the keys of one cluster, all under <c>/pentode/v1/CLUSTER/</c>: <c>meta</c> timing parameters, <c>s/SID</c> sessions, <c>host/NODE</c> the
/// session of a node, <c>n/SID</c> mailboxes, <c>w/SID</c> long waits, <c>d/DOMAIN/</c> options of a domain, <c>d/DOMAIN/m/SID</c> its members, <c>g/DOMAIN</c> its token
/// floor, <c>l/DOMAIN/LOCK</c> lock records. SID is the 32 hexadecimal digits of the session, so that the key of a session is known to everybody
/// who finds it in a record.
/// </summary>
public sealed class KeyLayout
{
    private readonly StoreKey _root;

    /// <summary>The keys of a cluster; its name has no <c>/</c>.</summary>
    public KeyLayout(string cluster)
    {
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        if (cluster.Contains('/', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(cluster) > LockName.MaxBytes)
            throw new ArgumentException($"not a cluster name: {cluster}", nameof(cluster));
        _root = StoreKey.Of($"/pentode/v1/{cluster}/");
        Meta = _root.With("meta");
        Sessions = _root.With("s/");
        Mailboxes = _root.With("n/");
        Waits = _root.With("w/");
        Domains = _root.With("d/");
        Records = _root.With("l/");
    }

    /// <summary>Everything of the cluster.</summary>
    public StoreKey Root => _root;

    /// <summary>Timing parameters.</summary>
    public StoreKey Meta { get; }

    /// <summary>Prefix of all sessions.</summary>
    public StoreKey Sessions { get; }

    /// <summary>Prefix of all mailboxes.</summary>
    public StoreKey Mailboxes { get; }

    /// <summary>Prefix of all statements of long waits.</summary>
    public StoreKey Waits { get; }

    /// <summary>Prefix of all domains.</summary>
    public StoreKey Domains { get; }

    /// <summary>Prefix of all records.</summary>
    public StoreKey Records { get; }

    /// <summary>A session.</summary>
    public StoreKey Session(SessionId session) => Sessions.With(session.ToString());

    /// <summary>The session of a node.</summary>
    public StoreKey Host(string node) => _root.With("host/").With(node);

    /// <summary>A mailbox.</summary>
    public StoreKey Mailbox(SessionId session) => Mailboxes.With(session.ToString());

    /// <summary>The long waits of a session's node.</summary>
    public StoreKey Wait(SessionId session) => Waits.With(session.ToString());

    /// <summary>Options of a domain.</summary>
    public StoreKey Domain(LockName domain) => Domains.With(domain.Bytes).With("/");

    /// <summary>Prefix of the members of a domain.</summary>
    public StoreKey Members(LockName domain) => Domain(domain).With("m/");

    /// <summary>A member of a domain.</summary>
    public StoreKey Member(LockName domain, SessionId session) => Members(domain).With(session.ToString());

    /// <summary>Token floor of a domain.</summary>
    public StoreKey Floor(LockName domain) => _root.With("g/").With(domain.Bytes);

    /// <summary>Prefix of the records of a domain.</summary>
    public StoreKey RecordsOf(LockName domain) => Records.With(domain.Bytes).With("/");

    /// <summary>The record of a lock.</summary>
    public StoreKey Record(LockName domain, LockName name) => RecordsOf(domain).With(name.Bytes);

    /// <summary>Reads the session of a key below <see cref="Sessions"/>.</summary>
    public bool TryParseSession(StoreKey key, out SessionId session)
    {
        session = default;
        return key.StartsWith(Sessions) && TryParseSession(key.Bytes[Sessions.Bytes.Length..], out session);
    }

    /// <summary>Reads the session of a key below <see cref="Waits"/>.</summary>
    public bool TryParseWait(StoreKey key, out SessionId session)
    {
        session = default;
        return key.StartsWith(Waits) && TryParseSession(key.Bytes[Waits.Bytes.Length..], out session);
    }

    /// <summary>Reads domain and lock of a key below <see cref="Records"/>.</summary>
    public bool TryParseRecord(StoreKey key, out LockName domain, out LockName name)
    {
        domain = name = default;
        if (!key.StartsWith(Records))
            return false;
        var rest = key.Bytes[Records.Bytes.Length..];
        var slash = rest.IndexOf((byte)'/');
        return slash > 0 && LockName.TryCreate(rest[..slash], out domain) && LockName.TryCreate(rest[(slash + 1)..], out name);
    }

    /// <summary>Reads domain and session of a membership key below <see cref="Domains"/>.</summary>
    public bool TryParseMember(StoreKey key, out LockName domain, out SessionId session)
    {
        domain = default;
        session = default;
        if (!key.StartsWith(Domains))
            return false;
        var rest = key.Bytes[Domains.Bytes.Length..];
        var slash = rest.IndexOf((byte)'/');
        return slash > 0
            && LockName.TryCreate(rest[..slash], out domain)
            && rest[(slash + 1)..].StartsWith("m/"u8)
            && TryParseSession(rest[(slash + 3)..], out session);
    }

    /// <summary>True for keys that mean nothing once the process that holds the store has ended: sessions, mailboxes and waits.</summary>
    public bool IsVolatile(StoreKey key) => key.StartsWith(Sessions) || key.StartsWith(Mailboxes) || key.StartsWith(Waits);

    private static bool TryParseSession(ReadOnlySpan<byte> digits, out SessionId session) =>
        SessionId.TryParse(Encoding.ASCII.GetString(digits), out session);
}
