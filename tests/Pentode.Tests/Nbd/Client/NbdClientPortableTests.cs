namespace Pentode.Tests.Nbd.Client;

public sealed class NbdClientPortableTests() : NbdClientTests("portable");
