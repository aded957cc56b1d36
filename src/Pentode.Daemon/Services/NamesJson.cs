using System.Text.Json.Serialization;

namespace Pentode.Daemon.Services;

/// <summary>JSON of requests to a namespace.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NamesRequest))]
[JsonSerializable(typeof(NamesAnswer))]
[JsonSerializable(typeof(NamesRow))]
public sealed partial class NamesJson : JsonSerializerContext;
