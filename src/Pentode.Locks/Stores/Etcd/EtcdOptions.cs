namespace Pentode.Locks.Stores.Etcd;

/// <summary>How to reach an etcd cluster.</summary>
public sealed record EtcdOptions
{
    /// <summary>Client URLs of the members, <c>http://</c> or <c>https://</c>; the first that answers serves until it fails.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>Certificates.</summary>
    public EtcdTls Tls { get; init; } = new();

    /// <summary>User, when the cluster has authentication enabled; empty for none.</summary>
    public string User { get; init; } = "";

    /// <summary>Password of the user.</summary>
    public string Password { get; init; } = "";

    /// <summary>Time for one call to one member, connecting included.</summary>
    public int CallTimeoutMs { get; init; } = 900;

    /// <summary>A watch asks for a sign of life this often and changes the member after three silent periods.</summary>
    public int WatchProgressMs { get; init; } = 1000;

    /// <summary>Refuse every cluster but the one with this id; 0 takes the id of the first answer.</summary>
    public ulong ClusterId { get; init; }
}
