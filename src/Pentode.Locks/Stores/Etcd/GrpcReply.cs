namespace Pentode.Locks.Stores.Etcd;

/// <summary>Raw answer of one unary call to one member.</summary>
/// <param name="Code">Status from the trailers, or ours for a failure of the transport.</param>
/// <param name="Sent">False when it is certain that no byte of the request reached the member.</param>
/// <param name="Message">grpc-message, or the failure of the transport.</param>
/// <param name="Payload">The response message when <see cref="GrpcCode.Ok"/>.</param>
internal readonly record struct GrpcReply(GrpcCode Code, bool Sent, string Message, byte[] Payload);
