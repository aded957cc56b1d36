namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>AlarmMember: memberID 1, alarm 2.</summary>
/// <param name="MemberId">Who raised it.</param>
/// <param name="Kind">What is wrong.</param>
internal readonly record struct EtcdAlarm(ulong MemberId, EtcdAlarmKind Kind)
{
    /// <summary>AlarmRequest: action 1 (GET 0, ACTIVATE 1, DEACTIVATE 2), memberID 2, alarm 3. Empty asks for all of them.</summary>
    public static ReadOnlyMemory<byte> ListRequest => ReadOnlyMemory<byte>.Empty;

    /// <summary>AlarmRequest that takes this alarm back.</summary>
    public byte[] ToDisarmRequest()
    {
        var writer = new ProtoWriter();
        writer.Number(1, 2);
        writer.Number(2, (long)MemberId);
        writer.Number(3, (long)Kind);
        return writer.ToArray();
    }

    /// <summary>Decodes AlarmResponse (header 1, alarms 2*); null when malformed.</summary>
    public static IReadOnlyList<EtcdAlarm>? ReadList(ReadOnlySpan<byte> message)
    {
        var alarms = new List<EtcdAlarm>();
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            if (field != 2)
            {
                reader.Skip();
                continue;
            }

            var alarm = default(EtcdAlarm);
            var inner = new ProtoReader(reader.Bytes());
            while (inner.Next(out var innerField))
            {
                switch (innerField)
                {
                    case 1:
                        alarm = alarm with { MemberId = (ulong)inner.Number() };
                        break;
                    case 2:
                        alarm = alarm with { Kind = (EtcdAlarmKind)inner.Number() };
                        break;
                    default:
                        inner.Skip();
                        break;
                }
            }

            if (inner.IsBroken)
                reader.Break();
            alarms.Add(alarm);
        }

        return reader.IsBroken ? null : alarms;
    }
}
