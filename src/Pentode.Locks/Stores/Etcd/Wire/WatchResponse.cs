namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>WatchResponse: header 1, watch_id 2, created 3, canceled 4, compact_revision 5, cancel_reason 6, events 11*.</summary>
/// <param name="Header">Its revision is how far the watch has seen.</param>
/// <param name="Created">Answer to the creation.</param>
/// <param name="Canceled">The server ended the watch.</param>
/// <param name="CompactRevision">Not 0: the wanted revisions are gone, everything must be read again.</param>
/// <param name="Reason">Why it was cancelled.</param>
/// <param name="Events">What happened, in order.</param>
internal sealed record WatchResponse(EtcdHeader Header, bool Created, bool Canceled, long CompactRevision, string Reason, IReadOnlyList<EtcdEvent> Events)
{
    /// <summary>Decodes; null when malformed.</summary>
    public static WatchResponse? Read(ReadOnlySpan<byte> message)
    {
        var header = default(EtcdHeader);
        bool created = false, canceled = false;
        long compacted = 0;
        var reason = "";
        var events = new List<EtcdEvent>();
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1:
                    if (!EtcdHeader.TryRead(reader.Bytes(), out header))
                        reader.Break();
                    break;
                case 3:
                    created = reader.Flag();
                    break;
                case 4:
                    canceled = reader.Flag();
                    break;
                case 5:
                    compacted = reader.Number();
                    break;
                case 6:
                    reason = reader.Text();
                    break;
                case 11:
                    if (EtcdEvent.Read(reader.Bytes()) is { } change)
                        events.Add(change);
                    else
                        reader.Break();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return reader.IsBroken ? null : new WatchResponse(header, created, canceled, compacted, reason, events);
    }
}
