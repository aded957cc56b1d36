using Pentode.Core.Codecs;
using Pentode.Locks.Record;

namespace Pentode.Locks.Deadlock;

/// <summary>
/// What a node says of its long waits, in the key <c>w/SID</c>, little endian:
/// <code>
/// version[2] 1  edition[8]  n[2] n × { sid[16] edition[8] }  n[2] then n times
/// id[8] request[8] place[8] queued_at[8] first[8] mode[1] flags[1] domain[s] lock[s]  n[2] n × { sid[16] request[8] }  n[2] n × id[8]
/// n[2] n × { mode[1] flags[1] domain[s] lock[s] }
/// </code>
/// Strings are len[2] and bytes; flag 1 is "excludes locally".
/// </summary>
/// <param name="Edition">Grows with every change.</param>
/// <param name="Seen">Editions of other nodes' statements that had been read before this was written down.</param>
/// <param name="Waits">The waits.</param>
internal sealed record WaitStatement(ulong Edition, IReadOnlyDictionary<SessionId, ulong> Seen, IReadOnlyList<WaitEntry> Waits)
{
    /// <summary>Most of each list; what is more is left out, which proves less and never wrongly.</summary>
    internal const int MaxWaits = 64, MaxAhead = 32, MaxPins = 32, MaxSeen = 128;

    private const ushort Version = 1;
    private const int RoomBytes = 60 * 1024;
    private const byte ExcludesFlag = 1;

    /// <summary>The bytes; waits that find no room are left out.</summary>
    internal byte[] Encode()
    {
        var bytes = new byte[RoomBytes];
        var writer = new LittleEndianWriter(bytes);
        writer.U16(Version);
        writer.U64(Edition);
        writer.U16((ushort)Math.Min(Seen.Count, MaxSeen));
        foreach (var (session, edition) in Seen.Take(MaxSeen))
        {
            Put(ref writer, session);
            writer.U64(edition);
        }

        var room = RoomBytes - writer.Position - 2;
        var waits = Waits.Take(MaxWaits).TakeWhile(w => (room -= SizeOf(w)) >= 0).ToArray();
        writer.U16((ushort)waits.Length);
        foreach (var wait in waits)
            Put(ref writer, wait);
        if (writer.IsOverrun)
            throw new InvalidOperationException("a statement of waits was sized wrongly");
        return bytes[..writer.Position];
    }

    /// <summary>Null for anything but a whole statement.</summary>
    internal static WaitStatement? Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new LittleEndianReader(bytes);
        if (reader.U16() != Version)
            return null;
        var edition = reader.U64();
        var seen = new Dictionary<SessionId, ulong>();
        for (var count = reader.U16(); count > 0 && !reader.IsOverrun; count--)
        {
            if (ReadSession(ref reader) is { } session)
                seen[session] = reader.U64();
        }

        var waits = new List<WaitEntry>();
        for (var count = reader.U16(); count > 0 && !reader.IsOverrun; count--)
        {
            if (ReadWait(ref reader) is not { } wait)
                return null;
            waits.Add(wait);
        }

        return reader.Done() ? new WaitStatement(edition, seen, waits) : null;
    }

    private static int SizeOf(WaitEntry w) =>
        52 + w.Domain.Length + w.Name.Length + (Math.Min(w.Ahead.Count, MaxAhead) * 24) + (Math.Min(w.Behind.Count, MaxAhead) * 8)
        + w.Pins.Take(MaxPins).Sum(static p => 6 + p.Domain.Length + p.Name.Length);

    private static void Put(ref LittleEndianWriter writer, SessionId session)
    {
        var bytes = new byte[SessionId.Bytes];
        session.Write(bytes);
        writer.Bytes(bytes);
    }

    private static void Put(ref LittleEndianWriter writer, WaitEntry w)
    {
        writer.U64(w.Id);
        writer.U64(w.Request);
        writer.U64(w.Place);
        writer.U64((ulong)w.QueuedAt);
        writer.U64(w.First);
        writer.U8((byte)w.Mode);
        writer.U8(w.ExcludesLocally ? ExcludesFlag : (byte)0);
        writer.Str(w.Domain.Bytes);
        writer.Str(w.Name.Bytes);
        writer.U16((ushort)Math.Min(w.Ahead.Count, MaxAhead));
        foreach (var ahead in w.Ahead.Take(MaxAhead))
        {
            Put(ref writer, ahead.Session);
            writer.U64(ahead.Id);
        }

        writer.U16((ushort)Math.Min(w.Behind.Count, MaxAhead));
        foreach (var behind in w.Behind.Take(MaxAhead))
            writer.U64(behind);
        writer.U16((ushort)Math.Min(w.Pins.Count, MaxPins));
        foreach (var pin in w.Pins.Take(MaxPins))
        {
            writer.U8((byte)pin.Mode);
            writer.U8(pin.ExcludesLocally ? ExcludesFlag : (byte)0);
            writer.Str(pin.Domain.Bytes);
            writer.Str(pin.Name.Bytes);
        }
    }

    private static SessionId? ReadSession(ref LittleEndianReader reader) =>
        reader.Bytes(SessionId.Bytes) is { Length: SessionId.Bytes } bytes ? SessionId.Read(bytes) : null;

    private static WaitEntry? ReadWait(ref LittleEndianReader reader)
    {
        var (id, request, place, queuedAt, first) = (reader.U64(), reader.U64(), reader.U64(), (long)reader.U64(), reader.U64());
        if (!ReadLock(ref reader, out var mode, out var excludes, out var domain, out var name))
            return null;
        var ahead = new List<WaitKey>();
        for (var count = reader.U16(); count > 0 && !reader.IsOverrun; count--)
        {
            if (ReadSession(ref reader) is { } session)
                ahead.Add(new WaitKey(session, reader.U64()));
        }

        var behind = new List<ulong>();
        for (var count = reader.U16(); count > 0 && !reader.IsOverrun; count--)
            behind.Add(reader.U64());
        var pins = new List<LockPin>();
        for (var count = reader.U16(); count > 0 && !reader.IsOverrun; count--)
        {
            if (!ReadLock(ref reader, out var pinMode, out var pinExcludes, out var pinDomain, out var pinName))
                return null;
            pins.Add(new LockPin(pinDomain, pinName, pinMode, pinExcludes));
        }

        return new WaitEntry(id, domain, name, mode, excludes, request, place, queuedAt, first, ahead, behind, pins);
    }

    private static bool ReadLock(ref LittleEndianReader reader, out LockMode mode, out bool excludes, out LockName domain, out LockName name)
    {
        mode = (LockMode)reader.U8();
        excludes = (reader.U8() & ExcludesFlag) != 0;
        var domainBytes = reader.Str();
        var nameBytes = reader.Str();
        name = default;
        return LockName.TryCreate(domainBytes, out domain) && LockName.TryCreate(nameBytes, out name) && mode is LockMode.Shared or LockMode.Exclusive;
    }
}
