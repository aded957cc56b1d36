namespace Pentode.Files;

/// <summary>One path component as bytes: no text encoding is assumed. The memory lives at least as long as the call it is passed to.</summary>
public readonly struct FileName
{
    /// <summary>Longest component (NAME_MAX).</summary>
    public const int MaximumLength = 255;

    /// <summary>Wraps bytes; not checked here, see <see cref="IsValid"/>.</summary>
    public FileName(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
    }

    /// <summary>A name from text, as UTF-8.</summary>
    public FileName(string text)
        : this(System.Text.Encoding.UTF8.GetBytes(text))
    {
    }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>1 to 255 bytes, no slash, no NUL.</summary>
    public bool IsValid => Bytes.Length is > 0 and <= MaximumLength && Bytes.Span.IndexOfAny((byte)'/', (byte)0) < 0;

    /// <summary>".".</summary>
    public bool IsDot => Bytes.Span.SequenceEqual("."u8);

    /// <summary>"..".</summary>
    public bool IsDotDot => Bytes.Span.SequenceEqual(".."u8);

    /// <summary>For logs and messages only.</summary>
    public override string ToString() => System.Text.Encoding.UTF8.GetString(Bytes.Span);
}
