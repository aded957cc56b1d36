namespace Pentode.Tests.NineP.Client;

/// <inheritdoc/>
public sealed class ClientRingTests() : ClientTests("auto");
