using System.Buffers.Text;

namespace Pentode.Rings.Server;

/// <summary>Builds a line in a buffer that is surely long enough, without allocating.</summary>
internal ref struct RingsLineWriter
{
    private readonly Span<byte> _buffer;
    private int _length;

    public RingsLineWriter(Span<byte> buffer)
    {
        _buffer = buffer;
    }

    public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    public void Text(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_buffer[_length..]);
        _length += text.Length;
    }

    public void Number(ulong value)
    {
        _ = Utf8Formatter.TryFormat(value, _buffer[_length..], out var written);
        _length += written;
    }

    public void Field(ReadOnlySpan<byte> name, ulong value)
    {
        Text(name);
        Number(value);
    }

    public void Signed(long value)
    {
        _ = Utf8Formatter.TryFormat(value, _buffer[_length..], out var written);
        _length += written;
    }
}
