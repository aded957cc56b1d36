namespace Pentode.Rings.Client.V2;

/// <summary>Memory both sides see: part of a region. The default is none.</summary>
/// <param name="Region">Region it lies in.</param>
/// <param name="Address">Where in it.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct RingsSlice(RingsRegion? Region, long Address, int Length)
{
    /// <summary>The bytes. Alive as long as the client.</summary>
    public Span<byte> Span => Region is { } region ? region.At(Address, Length) : default;

    /// <summary>Part of it.</summary>
    public RingsSlice Part(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + length, Length);
        return this with { Address = Address + start, Length = length };
    }

    /// <summary>Gives rented memory back; only when no operation uses it.</summary>
    public void Return() => Region?.Return(this);
}
