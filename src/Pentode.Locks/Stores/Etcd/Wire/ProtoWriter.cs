using System.Text;

namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>
/// Builds one protocol buffers message (proto3 encoding): varints and length-delimited fields, which is all etcd's messages use. Fields with
/// their default value are left out, except where a method says otherwise. Grows as needed; one thread.
/// </summary>
internal sealed class ProtoWriter
{
    private byte[] _buffer = new byte[256];
    private int _length;

    /// <summary>The bytes written so far; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>A copy of the bytes written so far.</summary>
    public byte[] ToArray() => Written.ToArray();

    /// <summary>int64, uint64, int32 or enum field; nothing for 0.</summary>
    public void Number(int field, long value)
    {
        if (value != 0)
            NumberAlways(field, value);
    }

    /// <summary>As <see cref="Number"/>, but 0 is written too: members of a oneof carry their presence.</summary>
    public void NumberAlways(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
    }

    /// <summary>bool field; nothing for false.</summary>
    public void Flag(int field, bool value) => Number(field, value ? 1 : 0);

    /// <summary>bytes field; nothing when empty.</summary>
    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        if (value.Length > 0)
            BytesAlways(field, value);
    }

    /// <summary>As <see cref="Bytes"/>, but an empty value is written too.</summary>
    public void BytesAlways(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        Reserve(value.Length);
        value.CopyTo(_buffer.AsSpan(_length));
        _length += value.Length;
    }

    /// <summary>string field in UTF-8; nothing when empty.</summary>
    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>Opens a message field; give the result to <see cref="End"/> when its fields are written.</summary>
    public int Begin(int field)
    {
        Varint(((ulong)field << 3) | 2);
        return _length;
    }

    /// <summary>Closes the message field that <see cref="Begin"/> opened: its length is put before its bytes.</summary>
    public void End(int start)
    {
        var size = _length - start;
        Span<byte> prefix = stackalloc byte[10];
        var count = 0;
        for (var rest = (ulong)size; ; rest >>= 7)
        {
            prefix[count++] = (byte)(rest < 0x80 ? rest : rest | 0x80);
            if (rest < 0x80)
                break;
        }

        Reserve(count);
        _buffer.AsSpan(start, size).CopyTo(_buffer.AsSpan(start + count));
        prefix[..count].CopyTo(_buffer.AsSpan(start));
        _length += count;
    }

    private void Varint(ulong value)
    {
        Reserve(10);
        while (value >= 0x80)
        {
            _buffer[_length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _buffer[_length++] = (byte)value;
    }

    private void Reserve(int count)
    {
        if (_buffer.Length - _length < count)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
    }
}
