namespace Pentode.Tests.NineP.Client;

/// <inheritdoc/>
public sealed class ClientPortableTests() : ClientTests("portable");
