namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>ResponseHeader (rpc.proto): who answered, and the revision of the key space at that moment.</summary>
/// <param name="ClusterId">cluster_id = 1.</param>
/// <param name="MemberId">member_id = 2.</param>
/// <param name="Revision">revision = 3.</param>
/// <param name="RaftTerm">raft_term = 4.</param>
internal readonly record struct EtcdHeader(ulong ClusterId, ulong MemberId, long Revision, ulong RaftTerm)
{
    /// <summary>Decodes; false when malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out EtcdHeader header)
    {
        header = default;
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1:
                    header = header with { ClusterId = (ulong)reader.Number() };
                    break;
                case 2:
                    header = header with { MemberId = (ulong)reader.Number() };
                    break;
                case 3:
                    header = header with { Revision = reader.Number() };
                    break;
                case 4:
                    header = header with { RaftTerm = (ulong)reader.Number() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return !reader.IsBroken;
    }
}
