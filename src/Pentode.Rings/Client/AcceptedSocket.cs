namespace Pentode.Rings.Client;

/// <summary>A connection the server accepted for its client.</summary>
/// <param name="Resource">The new resource.</param>
/// <param name="AddressLength">Bytes of the peer's raw socket address.</param>
public readonly record struct AcceptedSocket(uint Resource, int AddressLength);
