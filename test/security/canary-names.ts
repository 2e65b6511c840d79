/*
 * Names of request fields that have coloured responses, or where they come from, somewhere: at proxies, clouds, servers
 * and frameworks. Whoever sends one must not be able to colour what others get.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** `X-Forwarded-*` and its relatives, spelt as they have been seen. */
const FORWARDED = [
  'Forwarded',
  ...words(`For Host Proto Port Prefix Scheme Server Ssl Path Uri By Protocol Url Https Origin Method PathBase Base
    Context Request-Uri Original-Url Query User Email Groups Access-Token Client-Cert Tls-Client-Cert Client-Ip
    Preferred-Username Fragment Domain Subdomain Tenant Country Locale Language Region Device Real-Ip Hostname
    Remote-Addr Script-Name App-Root Basepath Custom-Domain Static Id`).map((end) => `X-Forwarded-${end}`),
  ...words(
    'X-Forwarded X-Forward-For X-Forward-Host X-Forward-Proto X-Forwarder-For Forwarded-For Forwarded-Host',
  ),
  ...words(
    'Forwarded-Proto X-Original-Forwarded-For X-Vercel-Forwarded-For X-Vercel-Forwarded-Host X-Azure-Forwarded',
  ),
];

/** Where to, by which host and path. */
const ROUTES = words(`X-Host X-Http-Host-Override X-Original-Host X-Original-URL X-Rewrite-URL X-Override-URL
  X-Backend-Host X-HTTP-DestinationURL X-Original-Uri X-Proxy-Url X-Wap-Profile X-Url-Scheme X-Host-Override
  X-Real-Host X-Server-Name X-Original-Path X-Rewrite-Uri X-Rewrite-Path X-Real-Url X-Request-Uri Request-Uri
  X-Redirect-Url Redirect-Url Base-Url X-Base-Url Http-Url X-Http-Url X-Proxy-Host Proxy-Host X-Proxy-Uri Uri Url X-Url
  X-Uri X-Script-Name Script-Name Path-Info X-Path-Info X-Scheme X-Proto X-Http-Scheme X-Https X-Port X-Remote-Host
  X-Backend X-Backend-Server X-Upstream X-Origin-Host X-Original-Scheme X-Original-Proto X-Original-Port
  X-Original-Prefix X-Original-Query X-Ms-Original-Url X-Iis-Original-Url X-Waws-Unencoded-Url X-Arr-Ssl X-Arr-Log-Id
  X-Site-Deployment-Id Front-End-Https Proxy Destination Referer-Url X-Referer X-Referrer Referrer X-Dest X-Domain
  X-Hostname X-Vhost X-Virtual-Host X-Site X-Shop X-Store X-Tenant X-Tenant-Id X-Account X-Org X-Organization
  X-Root-Url X-Public-Url X-Cdn-Url X-Static-Url X-Asset-Host X-Api-Base X-Base-Path X-Prefix X-Sub-Path X-App-Path
  X-Route X-Route-To X-Path X-Target X-Target-Url X-Target-Host X-Cluster X-Shard X-Node X-Backend-Url X-Service
  X-Original-Request-Uri X-Uri-Path Translate Profile X-Http-Path-Override`);

/** By which method, version or format. */
const METHODS =
  words(`X-HTTP-Method-Override X-HTTP-Method X-Method-Override X-Original-Method Http-Method-Override
  Method-Override X-Method X-Rest-Method X-Http-Version X-Http-Status-Code-Override X-Http-Status Api-Version
  X-Api-Version X-Version Accept-Version X-Accept-Version X-Format X-Response-Format X-Content-Type X-Output
  X-Return-Format Odata-Version Odata-Maxversion Dataserviceversion Maxdataserviceversion X-Requested-With
  X-Inertia X-Inertia-Version X-Pjax X-Pjax-Container X-Turbolinks Turbo-Frame Hx-Request Hx-Target Hx-Boosted
  Hx-Current-Url Hx-Trigger X-Up-Version X-Up-Target X-Livewire X-Fragment X-Partial X-Ajax X-Template`);

/** Who the client is said to be, and where. */
const CLIENTS =
  words(`Client-Ip True-Client-Ip X-Client-Ip X-Cluster-Client-Ip Cf-Connecting-Ip X-Remote-Ip X-Real-Ip
  X-Remote-Addr X-Originating-Ip X-Custom-Ip-Authorization Fastly-Client-Ip X-Azure-Clientip X-Azure-Socketip
  X-Appengine-User-Ip X-Original-Remote-Addr X-Source-Ip X-True-Ip Remote-Addr Http-Client-Ip X-Original-Ip
  Cf-Connecting-Ipv6 Cf-Pseudo-Ipv4 X-Nf-Client-Connection-Ip Fly-Client-Ip Do-Connecting-Ip X-Ip X-User-Ip
  X-Backend-Client-Ip X-Coming-From X-From-Ip Ali-Cdn-Real-Ip Cdn-Src-Ip Cdn-Real-Ip Cf-Ipcountry Cf-Ipcity
  Cf-Ipcontinent Cf-Iplongitude Cf-Iplatitude Cf-Region Cf-Region-Code Cf-Timezone Cf-Postal-Code Cf-Metro-Code
  Cloudfront-Viewer-Country Cloudfront-Viewer-City Cloudfront-Viewer-Address Cloudfront-Forwarded-Proto
  Cloudfront-Is-Mobile-Viewer Cloudfront-Is-Desktop-Viewer Cloudfront-Is-Tablet-Viewer Cloudfront-Is-Smarttv-Viewer
  Cloudfront-Is-Android-Viewer Cloudfront-Is-Ios-Viewer Cloudfront-Viewer-Http-Version Cloudfront-Viewer-Tls
  X-Appengine-Country X-Appengine-City X-Appengine-Region X-Appengine-Citylatlong X-Geo X-Geo-Country X-Geo-City
  X-Geoip-Country X-Country X-Country-Code X-City X-Region X-Locale X-Lang X-Language X-Timezone X-Currency Geoip-Country
  X-Vercel-Ip-Country X-Vercel-Ip-City X-Vercel-Ip-Latitude X-Device X-Device-Type X-Ua-Device X-Mobile X-Is-Mobile
  X-Device-Accept X-Device-User-Agent X-Operamini-Phone-Ua X-Operamini-Features X-Ucbrowser-Device-Ua X-Bolt-Phone-Ua
  X-Skyfire-Phone X-Att-Deviceid X-Nokia-Gateway-Id X-Msisdn X-Up-Calling-Line-Id X-Up-Subno X-Bot X-Is-Bot
  X-Theme X-Color-Scheme X-Ab-Test X-Experiment X-Variant X-Feature X-Feature-Flags X-Preview X-Debug X-Debug-Mode
  X-Test X-Staging X-Env X-Environment X-Canary X-Beta X-Internal X-Admin X-Role X-User X-User-Id X-Username
  X-Remote-User Remote-User X-Authenticated-User X-Auth-User X-Auth-Token X-Auth-Request-User X-Api-Key Api-Key
  X-Access-Token X-Token X-Csrf-Token X-Xsrf-Token X-Session X-Session-Id X-Amzn-Oidc-Identity X-Amzn-Oidc-Data
  X-Amzn-Oidc-Accesstoken X-Goog-Authenticated-User-Email X-Goog-Authenticated-User-Id X-Goog-Iap-Jwt-Assertion
  X-Ms-Client-Principal X-Ms-Client-Principal-Name X-Ms-Client-Principal-Id X-Ms-Token-Aad-Id-Token
  X-Ssl-Client-Cert X-Ssl-Client-Verify X-Ssl-Client-S-Dn Ssl-Client-Cert X-Client-Cert X-Client-Dn X-Arr-Clientcert
  Proxy-User X-Webauth-User X-Authentik-Username X-Pomerium-Jwt-Assertion Tailscale-User-Login X-Consumer-Id
  X-Credential-Identifier X-Anonymous-Consumer X-Endpoint-Api-Userinfo`);

/** Of clouds and networks of caches. */
const NETWORKS =
  words(`X-Amz-Website-Redirect-Location X-Amz-Server-Side-Encryption X-Amz-Date X-Amz-Security-Token
  X-Amz-Content-Sha256 X-Amz-Cf-Id X-Amz-Expected-Bucket-Owner X-Amz-Request-Payer X-Amz-Version-Id X-Amz-Target
  X-Amz-Copy-Source X-Amz-Meta-Canary X-Amz-Storage-Class X-Amz-Acl X-Amz-Tagging X-Amz-Mfa X-Amz-Bucket-Region
  X-Goog-Meta-Canary X-Goog-User-Project X-Goog-Encryption-Key X-Ms-Version X-Ms-Blob-Type X-Ms-Date X-Ms-Range
  Cf-Ray Cf-Visitor Cf-Worker Cf-Ew-Via Cf-Access-Jwt-Assertion Cf-Device-Type Cf-Cache-Status Cf-Bot-Score
  Fastly-Ff Fastly-Ssl Fastly-Debug Fastly-Host Fastly-Orig-Accept-Encoding Fastly-Orig-Host Fastly-Temp-Xff
  Fastly-Client Fastly-Io-Info Akamai-Origin-Hop Akamai-Edgescape X-Akamai-Edgescape X-Akamai-Config-Log-Detail
  X-Akamai-Device-Characteristics X-Im-Url Pragma-Akamai X-Edge-Location X-Edge-Ip X-Cdn-Forward X-Cdn-Country
  Surrogate-Capability Surrogate-Control Cdn-Cache-Control X-Cache X-Cache-Key X-Cache-Hash X-Cache-Group X-Nginx-Proxy
  X-Accel-Redirect X-Accel-Mapping X-Accel-Internal X-Accel-Expires X-Sendfile X-Sendfile-Type X-Varnish X-Esi X-Esi-Level
  X-Purge X-Refresh X-Bypass-Cache X-No-Cache X-Azure-Fdid X-Azure-Ref X-Azure-Requestchain X-Fd-Healthprobe
  X-Envoy-Original-Path X-Envoy-Original-Host X-Envoy-Original-Dst-Host X-Envoy-External-Address X-Envoy-Internal
  X-Envoy-Force-Trace X-Envoy-Decorator-Operation X-Envoy-Upstream-Alt-Stat-Name X-Envoy-Retry-On X-Envoy-Attempt-Count
  X-Envoy-Upstream-Rq-Timeout-Ms X-Envoy-Expected-Rq-Timeout-Ms X-Envoy-Peer-Metadata X-Istio-Attributes
  X-Kubernetes-Namespace L5d-Dst-Override L5d-Dtab L5d-Reqid X-Linkerd-Meshed X-Consul-Token X-Nomad-Token
  X-Vault-Token X-Vault-Namespace X-Heroku-Queue-Depth X-Zeit-Co X-Vercel-Id X-Vercel-Deployment-Url
  X-Vercel-Protection-Bypass X-Netlify-Original-Pathname X-Nf-Request-Id X-Render-Origin-Server X-Shopify-Shop-Domain
  X-Wix-Request-Id X-Bamboo-Proxy X-Imforwards Z-Forwarded-For X-Proxyuser-Ip X-Sucuri-Clientip X-Sucuri-Country Incap-Client-Ip
  X-Distil-Ajax X-Sp-Forwarded-Ip X-Reverse-Proxy X-Cname-Tryfiles Ses-Request Section-Io-Id Via-Proxy`);

/** Of frameworks and applications. */
const FRAMEWORKS = words(`X-Middleware-Subrequest X-Middleware-Rewrite X-Middleware-Next X-Middleware-Invoke
  X-Middleware-Prefetch X-Middleware-Redirect X-Middleware-Skip X-Middleware-Preflight X-Invoke-Path X-Invoke-Query
  X-Invoke-Output X-Invoke-Status X-Invoke-Error X-Matched-Path X-Now-Route-Matches X-Nextjs-Data X-Nextjs-Rewrite
  X-Nextjs-Prefetch X-Prerender X-Prerender-Revalidate Rsc Next-Router-State-Tree Next-Router-Prefetch Next-Url
  Next-Action Next-Hmr-Refresh X-Remix-Params X-Remix-Response X-Sveltekit-Action X-Sveltekit-Invalidated X-Nuxt-Data
  X-Nuxt-Error X-Gatsby-Preview X-Rails-Env Turbolinks-Referrer X-Sprockets X-Wp-Nonce X-Wp-Preview X-Drupal-Cache
  X-Magento-Vary X-Magento-Debug X-Typo3-Route X-Craft-Preview X-Sitecore X-Symfony-Cache X-Symfony-Debug
  X-Php-Ob-Level X-Laravel-Tenant X-Livewire-Navigate X-Django-Debug X-Jsonp-Callback Callback X-Callback X-Jquery
  Soapaction X-Graphql-Event-Stream Apollographql-Client-Name Apollo-Require-Preflight X-Apollo-Operation-Name
  X-Grpc-Web Grpc-Timeout Grpc-Metadata-Canary Grpc-Encoding X-Http2-Scheme Prefer Want-Digest Want-Repr-Digest
  Accept-Ch Accept-Patch Accept-Post Accept-Datetime Accept-Features Accept-Additions Accept-Signature A-Im Im Tcn
  Negotiate Alternates Variant-Key Variants Ua-Color Ua-Cpu Ua-Os Ua-Pixels Ua-Disp Ua-Windowpixels Sec-Websocket-Protocol
  Sec-Token-Binding Sec-Cookie-Deprecation Sec-Browsing-Topics Sec-Ad-Auction-Fetch Attribution-Reporting-Eligible
  Attribution-Reporting-Support Ping-From Ping-To Service-Worker Service-Worker-Navigation-Preload Last-Event-Id
  Early-Data Depth Overwrite Lock-Token Timeout If If-Schedule-Tag-Match Schedule-Reply Apply-To-Redirect-Ref Ordering-Type
  Position Slug Content-Type Content-Encoding Content-Language Content-Location Content-Md5 Content-Disposition
  Content-Range Content-Security-Policy Digest Repr-Digest Signature Signature-Input Idempotency-Key Alt-Used Alt-Svc
  Access-Control-Request-Method Access-Control-Request-Headers Access-Control-Request-Private-Network
  Access-Control-Allow-Origin Max-Age Set-Cookie Cookie2 Location Refresh Status Age Expires Last-Modified Etag Vary
  Server Allow Retry-After Link Warning Public Unless-Modified-Since X-Content-Type-Options X-Frame-Options
  X-Xss-Protection Strict-Transport-Security P3p X-Powered-By X-Aspnet-Version X-Aspnetmvc-Version X-Robots-Tag
  X-Real-User-Agent X-Original-User-Agent X-User-Agent X-Csrftoken X-Trace X-Unknown __proto__ constructor toString`);

/** Forwarded without being keyed, and so what a response may show: whose upstream varies by them must say so. */
const NEGOTIATED =
  words(`Accept Accept-Charset Accept-Encoding Accept-Language User-Agent Referer Origin From Date Via
  Max-Forwards Dnt Priority Cdn-Loop Cache-Control Pragma Upgrade-Insecure-Requests Save-Data Purpose X-Purpose X-Moz
  Traceparent Tracestate Baggage B3 X-B3-Traceid X-Correlation-Id X-Amzn-Trace-Id Uber-Trace-Id Device-Memory Dpr Ect
  Viewport-Width Width Sec-Ch-Ua Sec-Ch-Ua-Mobile Sec-Ch-Ua-Platform Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site
  Sec-Gpc Sec-Purpose X-Request-Id X-Forwarded-For`);

/** All of them, each once without regard to case. */
export const CANARY_NAMES: readonly string[] = [
  ...new Map(
    [...FORWARDED, ...ROUTES, ...METHODS, ...CLIENTS, ...NETWORKS, ...FRAMEWORKS, ...NEGOTIATED].map(
      (name) => [name.toLowerCase(), name],
    ),
  ).values(),
];
