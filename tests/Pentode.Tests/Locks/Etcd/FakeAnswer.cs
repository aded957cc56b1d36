namespace Pentode.Tests.Locks.Etcd;

/// <summary>How <see cref="FakeEtcd"/> answers one call.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Payload">The message of a reply, without its frame.</param>
/// <param name="Status">grpc-status.</param>
/// <param name="Message">grpc-message.</param>
public sealed record FakeAnswer(FakeAnswerKind Kind, byte[] Payload, int Status, string Message)
{
    public static FakeAnswer Reply(string hex) => new(FakeAnswerKind.Reply, Convert.FromHexString(hex), 0, "");

    public static FakeAnswer Fail(int status, string message) => new(FakeAnswerKind.TrailersOnly, [], status, message);

    public static FakeAnswer Of(FakeAnswerKind kind) => new(kind, [], 0, "");
}
