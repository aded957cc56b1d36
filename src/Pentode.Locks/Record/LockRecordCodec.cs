using Pentode.Core.Codecs;

namespace Pentode.Locks.Record;

/// <summary>
/// The bytes of a record, little endian:
/// <code>
/// magic[2] "PL"  version[2] 1  flags[4]  gen[8]  lvb_gen[8]  lvb[64]  n[2]  then n times
/// sid[16]  granted[1]  wanted[1]  flags[1]  0[1]  seq[4]  token[8]  request[8]
/// </code>
/// </summary>
public static class LockRecordCodec
{
    /// <summary>Bytes before the entries.</summary>
    public const int HeaderBytes = 90;

    /// <summary>Bytes of an entry.</summary>
    public const int EntryBytes = 40;

    /// <summary>Longest record.</summary>
    public const int MaxBytes = HeaderBytes + (LockRecord.MaxEntries * EntryBytes);

    private const ushort Magic = 0x4C50;
    private const ushort Version = 1;
    private const RecordFlags KnownFlags = RecordFlags.ValueSet | RecordFlags.ValueSuspect | RecordFlags.Persist | RecordFlags.Orphan;
    private const EntryFlags KnownEntryFlags = EntryFlags.Try | EntryFlags.Convert | EntryFlags.Pinned;

    /// <summary>Writes a record.</summary>
    public static byte[] Encode(LockRecord record)
    {
        var bytes = new byte[HeaderBytes + (record.Entries.Count * EntryBytes)];
        var writer = new LittleEndianWriter(bytes);
        writer.U16(Magic);
        writer.U16(Version);
        writer.U32((uint)record.Flags);
        writer.U64(record.Generation);
        writer.U64(record.ValueGeneration);
        writer.Bytes(record.Value);
        writer.U16((ushort)record.Entries.Count);
        var session = new byte[SessionId.Bytes];
        foreach (var entry in record.Entries)
        {
            entry.Session.Write(session);
            writer.Bytes(session);
            writer.U8((byte)entry.Granted);
            writer.U8((byte)entry.Wanted);
            writer.U8((byte)entry.Flags);
            writer.U8(0);
            writer.U32(entry.Sequence);
            writer.U64(entry.Token);
            writer.U64(entry.Request);
        }

        if (writer.IsOverrun || writer.Position != bytes.Length)
            throw new InvalidOperationException("a lock record was sized wrongly");
        return bytes;
    }

    /// <summary>Reads a record; anything but a whole, known and consistent one yields false and the reason.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out LockRecord record, out string problem)
    {
        record = null!;
        var reader = new LittleEndianReader(bytes);
        if (reader.U16() != Magic || reader.U16() != Version)
            return Fail("not a lock record of version 1", out problem);
        var flags = (RecordFlags)reader.U32();
        var generation = reader.U64();
        var valueGeneration = reader.U64();
        var value = reader.Bytes(LockRecord.ValueBytes);
        var count = reader.U16();
        if (reader.IsOverrun || count > LockRecord.MaxEntries || reader.Remaining != count * EntryBytes)
            return Fail("a lock record of the wrong length", out problem);
        if ((flags & ~KnownFlags) != 0)
            return Fail($"unknown flags 0x{(uint)flags:x}", out problem);
        var entries = new List<LockEntry>(count);
        for (var i = 0; i < count; i++)
        {
            var session = SessionId.Read(reader.Bytes(SessionId.Bytes));
            var granted = reader.U8();
            var wanted = reader.U8();
            var entryFlags = (EntryFlags)reader.U8();
            var pad = reader.U8();
            if (granted > (byte)LockMode.Exclusive || wanted > (byte)LockMode.Exclusive || (entryFlags & ~KnownEntryFlags) != 0 || pad != 0)
                return Fail($"entry {i} has unknown modes or flags", out problem);
            entries.Add(new LockEntry(session, (LockMode)granted, (LockMode)wanted, entryFlags, reader.U32(), reader.U64(), reader.U64()));
        }

        record = new LockRecord(flags, generation, valueGeneration, value.ToArray(), entries);
        problem = record.Violation() ?? string.Empty;
        return problem.Length == 0;
    }

    private static bool Fail(string reason, out string problem)
    {
        problem = reason;
        return false;
    }
}
