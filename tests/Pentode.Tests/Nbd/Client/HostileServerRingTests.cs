namespace Pentode.Tests.Nbd.Client;

public sealed class HostileServerRingTests() : HostileServerTests("ring");
