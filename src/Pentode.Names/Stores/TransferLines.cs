namespace Pentode.Names.Stores;

/// <summary>Reads lines of a file as bytes, each of a bounded length.</summary>
internal sealed class TransferLines(Stream source)
{
    /// <summary>Longest line: the longest value of a column in base64 and more.</summary>
    public const int MaximumLength = 64 << 20;

    private byte[] _buffer = new byte[1 << 20];
    private int _start;
    private int _end;

    /// <summary>The next line without its end, valid until the next call; null at the end. Throws <see cref="InvalidDataException"/> for one that is too long.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> Next(CancellationToken stop)
    {
        var scanned = _start;
        while (true)
        {
            var at = _buffer.AsSpan(scanned, _end - scanned).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var line = _buffer.AsMemory(_start, scanned + at - _start);
                _start = scanned + at + 1;
                return line;
            }

            var length = _end - _start;
            if (length > MaximumLength)
                throw new InvalidDataException("the line is too long");
            if (_start > 0)
                _buffer.AsSpan(_start, length).CopyTo(_buffer);
            (_start, _end, scanned) = (0, length, length);
            if (_end == _buffer.Length)
                Array.Resize(ref _buffer, _buffer.Length * 2);
            var count = await source.ReadAsync(_buffer.AsMemory(_end), stop).ConfigureAwait(false);
            _end += count;
            if (count > 0)
                continue;
            if (length == 0)
                return null;
            _start = _end;
            return _buffer.AsMemory(0, length);
        }
    }
}
