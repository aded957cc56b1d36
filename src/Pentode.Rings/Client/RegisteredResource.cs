namespace Pentode.Rings.Client;

/// <summary>Outcome of a register or release.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Available">Free slots of its type left to this client.</param>
public readonly record struct RegisteredResource(uint Resource, int Available);
