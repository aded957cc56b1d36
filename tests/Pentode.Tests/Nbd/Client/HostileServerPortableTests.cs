namespace Pentode.Tests.Nbd.Client;

public sealed class HostileServerPortableTests() : HostileServerTests("portable");
