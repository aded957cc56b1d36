namespace Pentode.Names.Catalog;

/// <summary>A checksum of the data of a file.</summary>
/// <param name="Algorithm">Upper-case name, for example ADLER32, MD5_TYPE, SHA256.</param>
/// <param name="Value">Lower-case hexadecimal digits.</param>
public sealed record CatalogChecksum(string Algorithm, string Value);
