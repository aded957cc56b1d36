namespace Pentode.Tests.Locks.Etcd;

/// <summary>What <see cref="FakeEtcd"/> does with a call.</summary>
public enum FakeAnswerKind
{
    /// <summary>Headers, one message, trailers.</summary>
    Reply,

    /// <summary>Headers that hold the status.</summary>
    TrailersOnly,

    /// <summary>Nothing, for ever.</summary>
    Silence,

    /// <summary>Closes the connection.</summary>
    Close,

    /// <summary>HTTP status 404.</summary>
    NotFound,

    /// <summary>An answer whose trailers have no grpc-status.</summary>
    NoStatus,

    /// <summary>A message with the compressed flag.</summary>
    Compressed,

    /// <summary>A message that announces more bytes than we take.</summary>
    Huge,

    /// <summary>A message that ends early.</summary>
    Short,

    /// <summary>One message, and the stream stays open.</summary>
    Stream,
}
