namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>Member of Cluster/MemberList: ID 1, name 2, peerURLs 3*, clientURLs 4*, isLearner 5.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name; empty until it has started once.</param>
/// <param name="ClientUrls">Where clients reach it.</param>
/// <param name="IsLearner">True when it has no vote.</param>
internal sealed record EtcdMemberInfo(ulong Id, string Name, IReadOnlyList<string> ClientUrls, bool IsLearner)
{
    /// <summary>Decodes MemberListResponse (header 1, members 2*); null when malformed.</summary>
    public static IReadOnlyList<EtcdMemberInfo>? ReadList(ReadOnlySpan<byte> message)
    {
        var members = new List<EtcdMemberInfo>();
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            if (field != 2)
                reader.Skip();
            else if (Read(reader.Bytes()) is { } member)
                members.Add(member);
            else
                reader.Break();
        }

        return reader.IsBroken ? null : members;
    }

    private static EtcdMemberInfo? Read(ReadOnlySpan<byte> message)
    {
        ulong id = 0;
        var name = "";
        var urls = new List<string>();
        var learner = false;
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1:
                    id = (ulong)reader.Number();
                    break;
                case 2:
                    name = reader.Text();
                    break;
                case 4:
                    urls.Add(reader.Text());
                    break;
                case 5:
                    learner = reader.Flag();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return reader.IsBroken ? null : new EtcdMemberInfo(id, name, urls, learner);
    }
}
