namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>
/// StatusResponse of Maintenance/Status: header 1, version 2, dbSize 3, leader 4, raftIndex 5, raftTerm 6, raftAppliedIndex 7, errors 8*,
/// dbSizeInUse 9, isLearner 10.
/// </summary>
/// <param name="Header">Who answered.</param>
/// <param name="Version">Version of the member, for example <c>3.4.23</c>.</param>
/// <param name="DatabaseBytes">Size of its database file.</param>
/// <param name="InUseBytes">Bytes of it that are in use.</param>
/// <param name="Leader">Member id of the leader it knows; 0 for none.</param>
/// <param name="RaftTerm">Its term.</param>
/// <param name="RaftIndex">Its last committed entry.</param>
/// <param name="RaftAppliedIndex">Its last applied entry.</param>
/// <param name="IsLearner">True for a member without a vote.</param>
/// <param name="Errors">What it complains of (alarms, corruption).</param>
internal sealed record StatusResponse(
    EtcdHeader Header, string Version, long DatabaseBytes, long InUseBytes, ulong Leader, ulong RaftTerm, ulong RaftIndex, ulong RaftAppliedIndex,
    bool IsLearner, IReadOnlyList<string> Errors)
{
    /// <summary>Decodes; null when malformed.</summary>
    public static StatusResponse? Read(ReadOnlySpan<byte> message)
    {
        var errors = new List<string>();
        var status = new StatusResponse(default, "", 0, 0, 0, 0, 0, 0, false, errors);
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1:
                    if (EtcdHeader.TryRead(reader.Bytes(), out var header))
                        status = status with { Header = header };
                    else
                        reader.Break();
                    break;
                case 2:
                    status = status with { Version = reader.Text() };
                    break;
                case 3:
                    status = status with { DatabaseBytes = reader.Number() };
                    break;
                case 4:
                    status = status with { Leader = (ulong)reader.Number() };
                    break;
                case 5:
                    status = status with { RaftIndex = (ulong)reader.Number() };
                    break;
                case 6:
                    status = status with { RaftTerm = (ulong)reader.Number() };
                    break;
                case 7:
                    status = status with { RaftAppliedIndex = (ulong)reader.Number() };
                    break;
                case 8:
                    errors.Add(reader.Text());
                    break;
                case 9:
                    status = status with { InUseBytes = reader.Number() };
                    break;
                case 10:
                    status = status with { IsLearner = reader.Flag() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return reader.IsBroken ? null : status;
    }
}
