namespace Pentode.Tests.Rings.V2;

/// <summary>Shared ring, or messages.</summary>
public sealed class Transports : TheoryData<bool>
{
    public Transports()
    {
        Add(true);
        Add(false);
    }
}
