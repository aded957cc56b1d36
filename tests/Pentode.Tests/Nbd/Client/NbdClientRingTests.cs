namespace Pentode.Tests.Nbd.Client;

public sealed class NbdClientRingTests() : NbdClientTests("ring");
