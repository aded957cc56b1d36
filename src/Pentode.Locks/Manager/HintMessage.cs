using Pentode.Core.Codecs;
using Pentode.Locks.Record;

namespace Pentode.Locks.Manager;

/// <summary>
/// What is put into a mailbox, little endian: version[2] 1, kind[1], mode[1], revision[8], domain[s], lock[s], record[s] (strings are len[2] and
/// bytes). Revision 0 says that the record was written by the same transaction as the mailbox.
/// </summary>
internal sealed record HintMessage(HintKind Kind, LockMode Mode, long Revision, LockName Domain, LockName Name, byte[] Record)
{
    private const ushort Version = 1;
    private const int FixedBytes = 18;

    internal byte[] Encode()
    {
        var bytes = new byte[FixedBytes + Domain.Length + Name.Length + Record.Length];
        var writer = new LittleEndianWriter(bytes);
        writer.U16(Version);
        writer.U8((byte)Kind);
        writer.U8((byte)Mode);
        writer.U64((ulong)Revision);
        writer.Str(Domain.Bytes);
        writer.Str(Name.Bytes);
        writer.Str(Record);
        if (writer.IsOverrun)
            throw new InvalidOperationException("a hint was sized wrongly");
        return bytes;
    }

    /// <summary>Null for anything but a whole hint; the record in it is not looked at.</summary>
    internal static HintMessage? Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new LittleEndianReader(bytes);
        if (reader.U16() != Version)
            return null;
        var kind = reader.U8();
        var mode = reader.U8();
        var revision = (long)reader.U64();
        var domainBytes = reader.Str();
        var nameBytes = reader.Str();
        var record = reader.Str();
        return reader.Done()
            && kind is >= (byte)HintKind.Recall and <= (byte)HintKind.Clear
            && mode <= (byte)LockMode.Exclusive
            && revision >= 0
            && LockName.TryCreate(domainBytes, out var domain)
            && LockName.TryCreate(nameBytes, out var name)
                ? new HintMessage((HintKind)kind, (LockMode)mode, revision, domain, name, record.ToArray())
                : null;
    }
}
