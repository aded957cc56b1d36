using Pentode.Daemon.Configuration;

namespace Pentode.Tests.Rings.V2;

/// <summary>What the <c>rings:</c> section says of protocol 2.</summary>
public sealed class RingsConfiguration2Tests
{
    [Fact]
    public void Keys_are_read()
    {
        var errors = new List<ConfigurationError>();
        var rings = ConfigurationReader.Parse("rings: {socket: /s, protocol_2: no, per_client_memory: 64MiB, weights: ['0:400', '1000:50']}", "p.yaml", errors).Rings!;
        Assert.Empty(errors);
        Assert.Equal((false, 64L << 20), (rings.HasProtocol2, rings.PerClientMemory));
        Assert.Equal([(0u, 400), (1000u, 50)], rings.Weights);
    }

    [Theory]
    [InlineData("weights: ['1000']")]
    [InlineData("weights: ['1000:0']")]
    [InlineData("weights: ['1000:10001']")]
    [InlineData("weights: ['root:100']")]
    [InlineData("weights: ['1:2:3']")]
    [InlineData("per_client_memory: much")]
    [InlineData("protocol_2: 2")]
    public void Wrong_values_are_refused(string text)
    {
        var errors = new List<ConfigurationError>();
        ConfigurationReader.Parse($"rings: {{socket: /s, {text}}}", "p.yaml", errors);
        Assert.Single(errors);
    }
}
