namespace Pentode.Tests.Uring;

/// <summary>The engines every contract test runs on.</summary>
public sealed class Engines : TheoryData<string>
{
    public Engines()
    {
        Add("ring");
        Add("portable");
    }
}
